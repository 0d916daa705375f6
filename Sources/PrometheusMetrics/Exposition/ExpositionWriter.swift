// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Writes metrics in the text exposition format 0.0.4.
struct ExpositionWriter {
    /// The label that holds a bucket's upper bound.
    static let boundLabel = "le"

    private let catalogue: MetricCatalogue
    private(set) var text = ""

    init(catalogue: MetricCatalogue) { self.catalogue = catalogue }

    mutating func write(_ family: FamilySnapshot) {
        if let help = catalogue[family.name]?.help {
            text += "# HELP \(family.name) \(Self.escaped(help, quotes: false))\n"
        }
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for sample in family.samples {
            switch sample.value {
            case .number(let value): writeSample(family.name, sample.labels, value: Self.number(value))
            case .histogram(let bounds, let snapshot):
                writeHistogram(family.name, sample.labels, bounds, snapshot)
            }
        }
    }

    private mutating func writeHistogram(
        _ name: String,
        _ labels: LabelSet,
        _ bounds: [Double],
        _ snapshot: HistogramSeries.Snapshot
    ) {
        for (bound, count) in zip(bounds, snapshot.cumulative) {
            writeSample("\(name)_bucket", labels, bound: Self.number(bound), value: "\(count)")
        }
        writeSample("\(name)_bucket", labels, bound: "+Inf", value: "\(snapshot.count)")
        writeSample("\(name)_sum", labels, value: Self.number(snapshot.sum))
        writeSample("\(name)_count", labels, value: "\(snapshot.count)")
    }

    private mutating func writeSample(_ name: String, _ labels: LabelSet, bound: String? = nil, value: String) {
        var pairs = labels.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
        if let bound { pairs.append("\(Self.boundLabel)=\"\(bound)\"") }
        text += pairs.isEmpty ? "\(name) \(value)\n" : "\(name){\(pairs.joined(separator: ","))} \(value)\n"
    }

    private static func escaped(_ value: String, quotes: Bool) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A whole number without a fraction, and the format's own words for what is not finite.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return "\(whole)" }
        return "\(value)"
    }
}
