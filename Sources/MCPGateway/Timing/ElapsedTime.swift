// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Time on a clock of any type, counted from when this value was made, so that rules reckon in plain durations.
struct ElapsedTime: Sendable {
    let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration

    init(_ clock: any Clock<Duration>) {
        self.clock = clock
        elapsed = Self.stopwatch(clock)
    }

    /// How long ago this value was made.
    var now: Duration { elapsed() }

    /// Waits; ends early by cancellation, which the caller sees by itself.
    func pause(_ duration: Duration) async {
        do { try await clock.sleep(for: duration) } catch {}
    }

    private static func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
