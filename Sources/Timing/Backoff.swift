// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Growing pauses between attempts, with jitter so that many clients do not come back at once.
package struct Backoff: Hashable, Sendable {
    /// The first pause, before jitter.
    package var initial: Duration
    /// By how much each pause is longer than the one before.
    package var factor: Double
    /// The longest pause, before jitter.
    package var cap: Duration
    /// How far jitter lengthens a pause: with 1.0 up to twice as long.
    package var jitter: Double
    /// The number of pauses since the start or the last ``reset()``.
    package private(set) var attempts = 0

    package init(initial: Duration, factor: Double = 2, cap: Duration, jitter: Double = 1) {
        self.initial = initial
        self.factor = factor
        self.cap = cap
        self.jitter = jitter
    }

    /// The next pause.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        var base = initial
        // Stops at the cap, so a long outage neither loops for long nor overflows.
        for _ in 0..<attempts where base < cap { base = base * factor }
        attempts += 1
        base = min(base, cap)
        return base + base * Double.random(in: 0...jitter, using: &generator)
    }

    /// Starts over, once something worked.
    package mutating func reset() { attempts = 0 }
}
