// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// When each part of one transfer must have happened.
///
/// A value over instants that are passed in, so that no test waits.
struct TransferDeadlines {
    typealias Instant = ContinuousClock.Instant

    /// The part that took too long, as messages name it.
    enum Stage: String, CaseIterable {
        case connect = "connecting"
        case head = "waiting for the response head"
        case idle = "waiting for more of the response body"
        case total = "the whole exchange"
    }

    private let limits: Deadlines
    private var connect: Instant?
    private var head: Instant?
    private var idle: Instant?
    private let total: Instant?

    init(_ limits: Deadlines, startedAt start: Instant) {
        self.limits = limits
        head = limits.head.map { start + $0 }
        total = limits.total.map { start + $0 }
    }

    /// The first moment at which something may be overdue.
    var earliest: Instant? { Self.earlier(Self.earlier(connect, head), Self.earlier(idle, total)) }

    private static func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// Name resolution or dialling began; later dials of the same attempt do not extend it.
    mutating func connectionStarted(at now: Instant) {
        if connect == nil { connect = now + limits.connect }
    }

    /// A connection is there, and the request goes out on it.
    mutating func connectionReady() { connect = nil }

    mutating func headReceived(at now: Instant) {
        head = nil
        bodyResumed(at: now)
    }

    /// A piece of the body arrived, or its reader takes pieces again.
    mutating func bodyResumed(at now: Instant) { idle = limits.idle.map { now + $0 } }

    /// Our own reader is slow: that silence is not the peer's.
    mutating func bodyPaused() { idle = nil }

    /// What is overdue, with its limit.
    func expired(at now: Instant) -> (stage: Stage, limit: Duration)? {
        let stages: [(Stage, Instant?, Duration?)] = [
            (.connect, connect, limits.connect), (.head, head, limits.head),
            (.idle, idle, limits.idle), (.total, total, limits.total),
        ]
        for (stage, due, limit) in stages {
            if let due, let limit, due <= now { return (stage, limit) }
        }
        return nil
    }
}
