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
