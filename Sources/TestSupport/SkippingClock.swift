// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// A clock whose short sleeps pass at once and are remembered; no other time passes on it.
///
/// For code that waits between real requests on real sockets: back-off costs nothing, its lengths can be checked, and a
/// slow machine changes nothing. A sleep longer than the limit is a deadline, not a pause, and lasts until it is
/// cancelled.
package final class SkippingClock: Clock, Sendable {
    package struct Instant: InstantProtocol {
        /// The sum of the sleeps that were skipped before.
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
    private let limit: Duration

    /// - Parameter limit: The longest sleep that is skipped.
    package init(skippingUpTo limit: Duration = .seconds(120)) { self.limit = limit }

    package var now: Instant { Instant(offset: state.withLockedValue { $0.skipped }) }
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
            state.pauses.append(pause)
        }
        await Task.yield()
    }
}
