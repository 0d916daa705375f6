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
    private let state: NIOLockedValueBox<State>

    private struct State {
        var meter: MessageMeter
        /// How much is still to come of what was announced.
        var rest: Int?
        var end: End?

        /// Takes a piece into account.
        ///
        /// - Returns: Why the body cannot go on; `nil` if it can.
        mutating func take(_ piece: [UInt8]) -> End? {
            if let left = rest {
                rest = left - piece.count
                // What is longer than announced would be read as the answer to the client's next request.
                guard left >= piece.count else { return .broken }
            }
            return meter.take(piece) ? nil : .tooLarge
        }
    }

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
        isStream = content == .events
        state = NIOLockedValueBox(State(meter: MessageMeter(content, limit: messageLimit), rest: length))
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
            if let problem = state.withLockedValue({ $0.take(piece) }) {
                stop(problem)
                throw Broken()
            }
            return piece
        } catch is HTTPTransportError {
            return try ended(.broken)
        } catch is CancellationError {
            // Stopped, which has its reason already, or nobody is there any more to read on.
            return try ended(.clientLeft)
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
    private func ended(_ reason: End) throws -> [UInt8]? {
        _ = note(reason)
        switch state.withLockedValue({ $0.end }) {
        case .rightEnded, .shutdown: return nil
        default: throw Broken()
        }
    }

    private var isWhole: Bool { (state.withLockedValue { $0.rest } ?? 0) == 0 }

    /// - Returns: Whether this is the first reason.
    private func note(_ reason: End) -> Bool {
        let isFirst = state.withLockedValue { state in
            guard state.end == nil else { return false }
            state.end = reason
            return true
        }
        if isFirst { finish(reason) }
        return isFirst
    }
}
