// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Metrics
import NIOConcurrencyHelpers

/// One gauge a state, each the number of objects in it.
final class StateGauges<State: RawRepresentable & CaseIterable & Hashable & Sendable>: Sendable
where State.RawValue == String {
    private let gauges: [State: Gauge]
    private let states = NIOLockedValueBox<(of: [ObjectKey: State], counts: [State: Int])>(([:], [:]))

    /// Makes the series, at zero, with the states as values of the label `state`.
    init(label: String, factory: any MetricsFactory) {
        gauges = Dictionary(
            uniqueKeysWithValues: State.allCases.map { state in
                let gauge = Gauge(label: label, dimensions: [("state", state.rawValue)], factory: factory)
                gauge.record(0)
                return (state, gauge)
            }
        )
    }

    /// Counts an object under its state; `nil` when it has none.
    func count(_ key: ObjectKey, as state: State?) {
        let changed = states.withLockedValue { states -> [(State, Int)] in
            let before = states.of[key]
            guard before != state else { return [] }
            states.of[key] = state
            if let before { states.counts[before, default: 0] -= 1 }
            if let state { states.counts[state, default: 0] += 1 }
            return [before, state].compactMap { $0 }.map { ($0, states.counts[$0, default: 0]) }
        }
        for (state, count) in changed { gauges[state]?.record(count) }
    }
}
