// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The time since this value was made, by some clock.
///
/// Instants of an `any Clock` cannot be compared; these durations can.
struct ElapsedTime: Sendable {
    private let elapsed: @Sendable () -> Duration

    /// The time since this value was made.
    var now: Duration { elapsed() }

    init(_ clock: any Clock<Duration>) { elapsed = Self.measure(clock) }

    private static func measure(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
