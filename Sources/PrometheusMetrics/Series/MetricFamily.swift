// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One metric with all its series.
struct MetricFamily: Sendable {
    enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)

        var kind: MetricKind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        }

        var identity: ObjectIdentifier {
            switch self {
            case .counter(let series): ObjectIdentifier(series)
            case .gauge(let series): ObjectIdentifier(series)
            case .histogram(let series): ObjectIdentifier(series)
            }
        }
    }

    let kind: MetricKind
    private(set) var series: [LabelSet: Series] = [:]

    init(kind: MetricKind) { self.kind = kind }

    /// The series with those labels, made if there is room and the kind is this family's; else `nil`.
    mutating func series(_ labels: LabelSet, kind: MetricKind, limit: Int, make: () -> Series) -> Series? {
        guard kind == self.kind else { return nil }
        if let existing = series[labels] { return existing }
        guard series.count < limit else { return nil }
        let fresh = make()
        series[labels] = fresh
        return fresh
    }

    mutating func remove(_ identity: ObjectIdentifier) {
        for (labels, candidate) in series where candidate.identity == identity { series[labels] = nil }
    }
}
