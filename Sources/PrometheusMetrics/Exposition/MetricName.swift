// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A metric name that the text format can carry.
///
/// Bytes outside `[a-zA-Z0-9_:]` become `_`, so that dotted names of libraries are exposed too.
struct MetricName: Hashable, Sendable, Comparable {
    let text: String

    init(_ label: String) { text = exposedName(label, allowsColon: true) }

    static func < (left: MetricName, right: MetricName) -> Bool { left.text < right.text }
}

/// The labels of one series: sanitised, sorted by name, each name once.
struct LabelSet: Hashable, Sendable, Comparable {
    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// Longer values are cut: a label is for a closed set of short words, and peers' text must not swell a scrape.
    static let valueLimit = 256

    let labels: [Label]

    /// - Parameters:
    ///   - dimensions: Names and values as a caller of swift-metrics gives them; of a repeated name the last one counts.
    ///   - reserved: A name that the exposition uses itself; a caller's label of that name gets a trailing `_`.
    init(_ dimensions: [(String, String)], reserved: String? = nil) {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let exposed = exposedName(name, allowsColon: false)
            values[exposed == reserved ? exposed + "_" : exposed] = String(value.prefix(Self.valueLimit))
        }
        labels = values.sorted { $0.key < $1.key }.map { Label(name: $0.key, value: $0.value) }
    }

    static func < (left: LabelSet, right: LabelSet) -> Bool {
        for (first, second) in zip(left.labels, right.labels) where first != second {
            return (first.name, first.value) < (second.name, second.value)
        }
        return left.labels.count < right.labels.count
    }
}

private func exposedName(_ name: String, allowsColon: Bool) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.utf8.count)
    for byte in name.utf8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
            bytes.append(byte)
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            bytes.append(byte)
        case UInt8(ascii: ":") where allowsColon: bytes.append(byte)
        default: bytes.append(UInt8(ascii: "_"))
        }
    }
    return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
}
