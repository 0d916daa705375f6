// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import NIOConcurrencyHelpers

/// A number that only grows.
///
/// Integer and floating point counters of one name are the same metric.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let total = NIOLockedValueBox(0.0)

    var value: Double { total.withLockedValue { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    /// Ignores what is not a growth: negative amounts, infinities and not-a-number.
    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        total.withLockedValue { $0 += amount }
    }

    func reset() { total.withLockedValue { $0 = 0 } }
}
