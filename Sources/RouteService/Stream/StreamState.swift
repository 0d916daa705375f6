// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Whether one stream may go on: its token's lifetime, and whether the reader takes what is written to it.
///
/// | | in time | token expired | write takes too long | told to end, and grace is over |
/// |---|---|---|---|---|
/// | open | wait | end: `expired` | cut: `stalled` | |
/// | ending | wait | wait | cut | cut |
///
/// An ending stream may finish what it is writing; a cut one loses its connection.
struct StreamState: Sendable {
    /// What to do now.
    enum Check: Hashable, Sendable {
        /// Look again at that time, or when something happens.
        case wait(until: Duration)
        /// Close the connection.
        case cut
    }

    /// Why the stream ends; the first reason stays.
    private(set) var end: StreamEnd?
    private var endedAt: Duration?
    private var writingSince: Duration?
    private let expiry: Duration?
    private let stall: Duration
    private let grace: Duration

    /// - Parameters:
    ///   - expiry: When the token expires, in the time that all methods are called with.
    ///   - stall: How long one write may take.
    ///   - grace: How long an ending stream may still write.
    init(expiry: Duration?, stall: Duration, grace: Duration) {
        self.expiry = expiry
        self.stall = stall
        self.grace = grace
    }

    mutating func beginWriting(at now: Duration) { writingSince = now }

    mutating func endWriting() { writingSince = nil }

    mutating func end(_ reason: StreamEnd, at now: Duration) {
        guard end == nil else { return }
        end = reason
        endedAt = now
    }

    mutating func check(at now: Duration) -> Check {
        if let writingSince, now - writingSince >= stall {
            end(.stalled, at: now)
            return .cut
        }
        if let expiry, now >= expiry { end(.expired, at: now) }
        if let endedAt {
            let last = endedAt + grace
            return now >= last ? .cut : .wait(until: last)
        }
        let next = (writingSince ?? now) + stall
        return .wait(until: min(next, expiry ?? next))
    }
}
