// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The values of one metric at one moment.
struct FamilySnapshot: Sendable {
    enum Value: Sendable {
        case number(Double)
        case histogram(bounds: [Double], HistogramSeries.Snapshot)
    }

    var name: String
    var kind: MetricKind
    /// Sorted by labels.
    var samples: [(labels: LabelSet, value: Value)]

    init(name: String, kind: MetricKind, samples: [(labels: LabelSet, value: Value)]) {
        self.name = name
        self.kind = kind
        self.samples = samples
    }

    init(name: String, kind: MetricKind, series: [LabelSet: MetricFamily.Series]) {
        let samples = series.map { labels, series in
            switch series {
            case .counter(let series): (labels: labels, value: Value.number(series.value))
            case .gauge(let series): (labels: labels, value: Value.number(series.value))
            case .histogram(let series):
                (labels: labels, value: Value.histogram(bounds: series.bounds, series.snapshot))
            }
        }
        self.init(name: name, kind: kind, samples: samples.sorted { $0.labels < $1.labels })
    }

    /// A counter with one label.
    static func counter(_ name: String, by label: String, _ values: [String: UInt64]) -> FamilySnapshot {
        let samples = values.map { key, value in
            (labels: LabelSet([(label, key)]), value: Value.number(Double(value)))
        }
        return FamilySnapshot(name: name, kind: .counter, samples: samples.sorted { $0.labels < $1.labels })
    }
}
