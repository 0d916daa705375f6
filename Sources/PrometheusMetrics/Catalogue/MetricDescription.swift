// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The type of a metric as Prometheus names it.
package enum MetricKind: String, Sendable, Hashable {
    case counter
    case gauge
    case histogram
}

/// What a metric means: the source of its `HELP` line, of its buckets and of its row in the reference.
package struct MetricDescription: Sendable, Hashable {
    /// The name as it is exposed.
    package var name: String
    /// Decides how observations are summed up.
    package var kind: MetricKind
    /// One sentence, with the unit where the name does not say it.
    package var help: String
    /// The names of its labels, in the order the reference lists them.
    package var labels: [String]
    /// Upper bounds in ascending order, without `+Inf`; `nil` uses ``HistogramBuckets/standard``.
    package var buckets: [Double]?
    /// Whether a gauge grows by one each second since it was last recorded, so that an age needs no timer.
    package var isAge: Bool

    package init(
        _ name: String,
        _ kind: MetricKind,
        _ help: String,
        labels: [String] = [],
        buckets: [Double]? = nil,
        isAge: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.buckets = buckets
        self.isAge = isAge
    }
}

/// Common sets of histogram bounds.
package enum HistogramBuckets {
    /// Prometheus' own default, in seconds: 5 ms to 10 s.
    package static let standard: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// Bounds that start at `first` and grow by `factor`.
    package static func exponential(from first: Double, by factor: Double, count: Int) -> [Double] {
        Array(sequence(first: first) { $0 * factor }.prefix(count))
    }
}
