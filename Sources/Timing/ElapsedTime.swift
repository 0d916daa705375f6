// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Time on a clock of any type, counted from when this value was made.
///
/// Lets state machines reckon in plain durations, whatever clock drives them.
package struct ElapsedTime: Sendable {
    /// The clock it reads, for waiting.
    package let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let sleepUntil: @Sendable (Duration) async throws -> Void

    /// Counts from now.
    package init(_ clock: any Clock<Duration>) {
        self.clock = clock
        (elapsed, sleepUntil) = Self.stopwatch(clock)
    }

    /// How long ago this value was made.
    package var now: Duration { elapsed() }

    /// Sleeps until this value is that old.
    ///
    /// Unlike a sleep for a while it is not late by what passes between reckoning and falling asleep.
    ///
    /// - Throws: `CancellationError`.
    package func sleep(until age: Duration) async throws { try await sleepUntil(age) }

    /// Sleeps for a while; ends early by cancellation, which the caller sees by itself.
    package func pause(_ duration: Duration) async {
        do { try await clock.sleep(for: duration) } catch {}
    }

    private static func stopwatch<C: Clock<Duration>>(
        _ clock: C
    ) -> (@Sendable () -> Duration, @Sendable (Duration) async throws -> Void) {
        let start = clock.now
        return (
            { start.duration(to: clock.now) },
            { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
        )
    }
}
