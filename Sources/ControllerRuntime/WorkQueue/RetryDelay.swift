// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How long a key that failed waits: doubling from ``base`` to ``cap``, ±``jitter``.
package struct RetryDelay: Hashable, Sendable {
    /// The delay after the first failure, before jitter.
    package var base: Duration
    /// The longest delay, before jitter.
    package var cap: Duration
    /// The largest deviation, as a part of the delay.
    package var jitter: Double

    package init(base: Duration = .milliseconds(5), cap: Duration = .seconds(300), jitter: Double = 0.1) {
        self.base = base
        self.cap = cap
        self.jitter = jitter
    }

    /// The delay before the next attempt, after `count` failures before the present one.
    package func delay(afterFailures count: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        var delay = base
        for _ in 0..<max(count, 0) {
            guard delay < cap else { break }
            delay = delay * 2
        }
        return min(delay, cap) * Double.random(in: (1 - jitter)...(1 + jitter), using: &generator)
    }
}
