// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import NIOConcurrencyHelpers

@testable import DemoWorld

/// A time that stands still until a test moves it.
final class TestTime: Sendable {
    private let box = NIOLockedValueBox(NumericDate(seconds: 1_800_000_000))

    var now: NumericDate { box.withLockedValue { $0 } }
    var time: DemoTime { DemoTime(now: { [box] in box.withLockedValue { $0 } }, sleep: { _ in }) }

    func advance(by duration: Duration) { box.withLockedValue { $0 = $0.advanced(by: duration) } }
}

/// Numbers that are the same in every run: SplitMix64.
struct TestRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64 = 42

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
