// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The text of an IPv6 address.
enum IPv6Text {
    /// The canonical form ([RFC 5952](https://www.rfc-editor.org/rfc/rfc5952)), or `nil` if the text is no address.
    ///
    /// Zones have no place in a URL of ours. An embedded IPv4 address is read and written in hexadecimal, as all others.
    static func canonical(_ text: Substring) -> String? {
        guard let groups = groups(of: text) else { return nil }
        // The longest run of two or more zero groups, the first of equals, becomes `::`.
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            let run = groups[start...].prefix { $0 == 0 }
            if run.count > max(longest.count, 1) { longest = start..<(start + run.count) }
            start += max(run.count, 1)
        }
        func hexadecimal(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest.isEmpty { return hexadecimal(groups[...]) }
        return hexadecimal(groups[..<longest.lowerBound]) + "::" + hexadecimal(groups[longest.upperBound...])
    }

    private static func groups(of text: Substring) -> [UInt16]? {
        guard text.utf8.count <= 45 else { return nil }
        guard let gap = text.firstRange(of: "::") else {
            guard let groups = list(text), groups.count == 8 else { return nil }
            return groups
        }
        let head = text[..<gap.lowerBound]
        let tail = text[gap.upperBound...]
        guard !tail.hasPrefix(":"), let before = head.isEmpty ? [] : list(head),
            let after = tail.isEmpty ? [] : list(tail),
            before.count + after.count <= 7, !head.contains(".")
        else { return nil }
        return before + [UInt16](repeating: 0, count: 8 - before.count - after.count) + after
    }

    private static func list(_ text: Substring) -> [UInt16]? {
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (position, part) in parts.enumerated() {
            if position == parts.count - 1, part.contains(".") {
                let bytes = part.split(separator: ".", omittingEmptySubsequences: false).compactMap { byte in
                    byte.allSatisfy(\.isWholeNumber) && (byte == "0" || !byte.hasPrefix("0")) ? UInt8(byte) : nil
                }
                guard bytes.count == 4, part.count(where: { $0 == "." }) == 3 else { return nil }
                groups += [UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3])]
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}
