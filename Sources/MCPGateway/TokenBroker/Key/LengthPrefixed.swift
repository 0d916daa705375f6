// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Bytes one after the other, each piece behind its length, so that two different lists of pieces never give the same bytes.
struct LengthPrefixed {
    private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: How many bytes there will be, roughly.
    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func append(_ piece: some Collection<UInt8>) {
        append(count: piece.count)
        bytes += piece
    }

    mutating func append(_ text: String) { append(text.utf8) }

    /// A text that is missing differs from one that is empty.
    mutating func append(ifPresent text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { append(text) }
    }

    mutating func append(all texts: [String]) {
        append(count: texts.count)
        for text in texts { append(text) }
    }

    private mutating func append(count: Int) {
        let number = UInt64(count)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
