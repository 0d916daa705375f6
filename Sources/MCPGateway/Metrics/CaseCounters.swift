// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// A counter for each case of a closed set, all of them there from the start so that a rate can be taken of the first one.
struct CaseCounters<Case: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
    private let counters: [Case: Counter]

    /// - Parameters:
    ///   - label: The metric.
    ///   - dimension: The label that has the case.
    ///   - factory: Makes the counters.
    init(_ label: String, dimension: String, factory: any MetricsFactory) {
        counters = Dictionary(
            uniqueKeysWithValues: Case.allCases.map { value in
                let dimensions = [(dimension, value.rawValue)]
                let counter = Counter(label: label, dimensions: dimensions, factory: factory)
                counter.increment(by: 0)
                return (value, counter)
            }
        )
    }

    func increment(_ value: Case) { counters[value]?.increment() }
}
