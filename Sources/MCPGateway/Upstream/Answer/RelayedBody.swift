// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers

/// An upstream's body on its way to a client.
///
/// Nothing of it is held back: each piece is asked for when the client has taken the one before.
package final class RelayedBody: Sendable {
    /// How it ended.
    package enum End: String, Hashable, Sendable, CaseIterable {
        /// The upstream had no more.
        case complete
        /// The caller's right to it ended.
        case rightEnded = "right_ended"
        /// The client left.
        case clientLeft = "client_left"
        /// The gateway is being stopped.
        case shutdown
        /// The upstream's connection broke, or what it sent cannot be passed on.
        case broken
        /// A message was larger than allowed.
        case tooLarge = "too_large"
    }

    /// A body that cannot be passed on to its end, so that the client's connection has to be cut.
    package struct Broken: Error, Hashable, Sendable {}

    /// Whether it is an event stream, which may go on for hours.
    package let isStream: Bool
    /// Its length as the upstream announced it, and as it is kept to; `nil` for what goes on until it ends.
    package let length: Int?
    /// Whether it ends at once when the gateway is told to stop: nothing is lost with a stream that answers no request.
    package let endsAtShutdown: Bool
    private let body: ResponseBody
    private let term: StreamTerm?
    private let finish: @Sendable (End) -> Void
    private let meter: NIOLockedValueBox<MessageMeter>
    private let rest: NIOLockedValueBox<Int?>
    private let end = NIOLockedValueBox<End?>(nil)

    init(
        _ body: ResponseBody,
        content: UpstreamContent,
        length: Int?,
        messageLimit: Int,
        endsAtShutdown: Bool = false,
        term: StreamTerm?,
        onEnd finish: @escaping @Sendable (End) -> Void
    ) {
        self.body = body
        self.term = term
        self.finish = finish
        self.length = length
        self.endsAtShutdown = endsAtShutdown
        rest = NIOLockedValueBox(length)
        isStream = content == .events
        meter = NIOLockedValueBox(MessageMeter(content, limit: messageLimit))
    }

    deinit { stop(.clientLeft) }

    /// The next piece, or `nil` at the end, which ``stop(_:)`` may bring about.
    ///
    /// - Throws: ``Broken``.
    package func next() async throws -> [UInt8]? {
        do {
            guard let piece = try await body.next() else {
                guard isWhole else {
                    stop(.broken)
                    throw Broken()
                }
                _ = note(.complete)
                return nil
            }
            guard fits(piece) else {
                stop(.broken)
                throw Broken()
            }
            guard meter.withLockedValue({ $0.take(piece) }) else {
                stop(.tooLarge)
                throw Broken()
            }
            return piece
        } catch is HTTPTransportError {
            return try ended()
        } catch is CancellationError {
            return try ended()
        }
    }

    /// Ends a stream when its caller's right to it ends; returns when that has happened, or the task is cancelled.
    ///
    /// Returns at once for what is no stream.
    package func supervise() async {
        guard let term, await term.lasts() else { return }
        stop(.rightEnded)
    }

    /// Ends it from outside, by any number of callers; the first one says why.
    package func stop(_ reason: End) {
        guard note(reason) else { return }
        body.cancel()
    }

    /// A stream whose right has ended is complete as far as its client is concerned; one that broke is not.
    private func ended() throws -> [UInt8]? {
        _ = note(.broken)
        switch end.withLockedValue({ $0 }) {
        case .rightEnded, .shutdown: return nil
        default: throw Broken()
        }
    }

    /// What is longer than announced would be read as the answer to the client's next request.
    private func fits(_ piece: [UInt8]) -> Bool {
        rest.withLockedValue { rest in
            guard let left = rest else { return true }
            rest = left - piece.count
            return left >= piece.count
        }
    }

    private var isWhole: Bool { (rest.withLockedValue { $0 } ?? 0) == 0 }

    /// - Returns: Whether this is the first reason.
    private func note(_ reason: End) -> Bool {
        let isFirst = end.withLockedValue { end in
            guard end == nil else { return false }
            end = reason
            return true
        }
        if isFirst { finish(reason) }
        return isFirst
    }
}
