// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import NIOConcurrencyHelpers

/// A number that goes both ways: a meter, or a recorder that does not aggregate.
final class GaugeSeries: MeterHandler, RecorderHandler {
    private let current = NIOLockedValueBox(0.0)

    var value: Double { current.withLockedValue { $0 } }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.withLockedValue { $0 = value } }
    func increment(by amount: Double) { current.withLockedValue { $0 += amount } }
    func decrement(by amount: Double) { current.withLockedValue { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
}
