// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Time on a clock of any type, counted from when this value was made.
///
/// Lets state machines reckon in plain durations, whatever clock drives them.
package struct ElapsedTime: Sendable {
    /// The clock it reads, for waiting.
    package let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration

    /// Counts from now.
    package init(_ clock: any Clock<Duration>) {
        self.clock = clock
        elapsed = Self.stopwatch(clock)
    }

    /// How long ago this value was made.
    package var now: Duration { elapsed() }

    private static func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
