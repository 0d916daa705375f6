// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// A clock whose short sleeps pass at once and are remembered, while real time goes on.
///
/// For code that waits between real requests on real sockets: back-off costs nothing and its lengths can be checked. A
/// sleep longer than the limit is a deadline, not a pause, and lasts until it is cancelled.
package final class SkippingClock: Clock, Sendable {
    package struct Instant: InstantProtocol {
        /// Time since the clock was made, skipped time included.
        package var offset: Duration
        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var skipped = Duration.zero
        var pauses: [Duration] = []
    }
    private let state = NIOLockedValueBox(State())
    private let start = ContinuousClock.now
    private let limit: Duration

    /// - Parameter limit: The longest sleep that is skipped.
    package init(skippingUpTo limit: Duration = .seconds(120)) { self.limit = limit }

    package var now: Instant { Instant(offset: start.duration(to: .now) + state.withLockedValue { $0.skipped }) }
    package var minimumResolution: Duration { .nanoseconds(1) }

    /// The lengths of the sleeps that were skipped, in order.
    package var pauses: [Duration] { state.withLockedValue { $0.pauses } }

    package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let pause = now.duration(to: deadline)
        guard pause <= limit else {
            let gate = AsyncStream<Never> { _ in }
            for await _ in gate {}
            throw CancellationError()
        }
        try Task.checkCancellation()
        state.withLockedValue { state in
            state.skipped += max(pause, .zero)
            state.pauses.append(Self.rounded(pause))
        }
        await Task.yield()
    }

    /// To whole milliseconds: a little real time passes between asking for a sleep and beginning it.
    private static func rounded(_ duration: Duration) -> Duration {
        .milliseconds(Int64((duration / .milliseconds(1)).rounded(.up)))
    }
}
