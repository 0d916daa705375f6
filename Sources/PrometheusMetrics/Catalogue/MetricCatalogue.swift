// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Every metric that is described, by name.
package struct MetricCatalogue: Sendable {
    private var byName: [String: MetricDescription] = [:]

    /// A name that is described twice keeps its last description.
    package init(_ descriptions: [MetricDescription] = []) {
        for description in descriptions { byName[description.name] = description }
    }

    /// The descriptions sorted by name.
    package var descriptions: [MetricDescription] {
        byName.values.sorted { $0.name < $1.name }
    }

    /// The description of a metric, by its exposed name.
    package subscript(name: String) -> MetricDescription? { byName[name] }

    /// The bounds a histogram of that name uses.
    func buckets(for name: String) -> [Double] {
        byName[name]?.buckets ?? HistogramBuckets.standard
    }

    /// Whether a gauge of that name grows with time.
    func isAge(_ name: String) -> Bool { byName[name]?.isAge == true }
}
