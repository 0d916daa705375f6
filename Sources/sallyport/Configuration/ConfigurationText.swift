// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Durations as the configuration writes them: numbers with `ms`, `s`, `m` or `h`, one after the other.
enum DurationText {
    static func parse(_ text: String) -> Duration? {
        guard !text.isEmpty, text.utf8.count <= 32 else { return nil }
        var rest = text[...]
        var total = Duration.zero
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            guard digits.count <= 9, let number = Int64(digits) else { return nil }
            switch unit {
            case "ms": total += .milliseconds(number)
            case "s": total += .seconds(number)
            case "m": total += .seconds(number * 60)
            case "h": total += .seconds(number * 3_600)
            default: return nil
            }
        }
        return total
    }
}

/// Sizes as the configuration writes them: an integer with `KiB`, `MiB`, `GiB`, or `B`.
enum ByteCountText {
    static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard digits.count <= 9, let number = Int64(digits) else { return nil }
        switch text[digits.endIndex...] {
        case "", "B": return number
        case "KiB": return number << 10
        case "MiB": return number << 20
        case "GiB": return number << 30
        default: return nil
        }
    }
}

/// Host names and the patterns that stand for several of them.
enum HostPattern {
    static func isValid(_ text: String) -> Bool {
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
    }

    /// Whether a host is this machine: `localhost`, a name below it, or a loopback address.
    static func isLoopback(_ host: String) -> Bool {
        HTTPURL.isLoopback(host: host.lowercased())
    }
}

/// Finds the word that a misspelt one was meant to be.
enum NearestWord {
    /// The nearest candidate if it is near enough to be a misspelling, without regard to case.
    static func find(_ word: String, among candidates: [String]) -> String? {
        let limit = max(1, min(3, word.count / 3))
        return candidates.map { (candidate: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
            .candidate
    }

    /// The number of characters to insert, delete or replace.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.prefix(100))
        var row = Array(0...right.count)
        for (index, character) in left.prefix(100).enumerated() {
            var previous = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = previous + (character == right[column] ? 0 : 1)
                previous = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, previous + 1)
            }
        }
        return row[right.count]
    }
}
