// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import NIOConcurrencyHelpers

/// A number that goes both ways: a meter, or a recorder that does not aggregate.
///
/// As an age it also grows by one each second since it was last set.
final class GaugeSeries: MeterHandler, RecorderHandler {
    private struct State {
        var value = 0.0
        var setAt: Duration
    }
    private let current: NIOLockedValueBox<State>
    private let uptime: (@Sendable () -> Duration)?

    /// - Parameter uptime: Makes this an age: a time that only grows, from any moment on.
    init(ageBy uptime: (@Sendable () -> Duration)? = nil) {
        self.uptime = uptime
        current = NIOLockedValueBox(State(setAt: uptime?() ?? .zero))
    }

    var value: Double {
        let now = uptime?()
        return current.withLockedValue { state in
            guard let now else { return state.value }
            return state.value + max((now - state.setAt) / .seconds(1), 0)
        }
    }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) {
        let now = uptime?() ?? .zero
        current.withLockedValue { $0 = State(value: value, setAt: now) }
    }
    func increment(by amount: Double) { current.withLockedValue { $0.value += amount } }
    func decrement(by amount: Double) { current.withLockedValue { $0.value -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
}
