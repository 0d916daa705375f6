// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Growing pauses between attempts, each lengthened at random so that many gateways do not come back at once.
struct RetryPause: Hashable, Sendable {
    /// The first pause, before it is lengthened.
    let initial: Duration
    /// The longest pause, before it is lengthened.
    let cap: Duration
    private var base: Duration

    init(initial: Duration, cap: Duration) {
        self.initial = initial
        self.cap = cap
        base = initial
    }

    /// The next pause: it doubles each time, and is lengthened by up to its own length.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let pause = base
        base = min(base * 2, cap)
        return pause + pause * Double.random(in: 0...1, using: &generator)
    }

    /// Starts over, once something worked.
    mutating func reset() { base = initial }
}
