// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable {
    /// The address in network order: 4 bytes for IPv4, 16 for IPv6.
    package let bytes: [UInt8]

    /// An address in network order; `nil` unless it has 4 or 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// An address in its usual text form, without brackets and without a zone.
    ///
    /// IPv4 is read strictly: four decimal parts without leading zeros, so no reader can take the same text for
    /// another address. IPv6 follows [RFC 4291 §2.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.2).
    package init?(_ text: String) {
        guard let bytes = text.utf8.contains(UInt8(ascii: ":")) ? Self.version6(text) : Self.version4(text) else {
            return nil
        }
        self.bytes = bytes
    }

    /// Whether this is an IPv4 address.
    package var isVersion4: Bool { bytes.count == 4 }

    /// The IPv4 address that traffic to this IPv6 address ends at, by mapping or by NAT64.
    ///
    /// `::ffff:0:0/96` ([RFC 4291 §2.5.5.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2)) and `64:ff9b::/96`
    /// ([RFC 6052 §2.1](https://www.rfc-editor.org/rfc/rfc6052#section-2.1)).
    package var translated: IPAddress? {
        for prefix in [Self.mappedPrefix, Self.nat64Prefix] where bytes.count == 16 && bytes.starts(with: prefix) {
            return IPAddress(bytes: Array(bytes.suffix(4)))
        }
        return nil
    }

    /// The IPv4 address that a 6to4 (`2002::/16`) or IPv4-compatible (`::/96`) address tunnels to.
    package var tunnelled: IPAddress? {
        guard bytes.count == 16 else { return nil }
        if bytes.starts(with: [0x20, 0x02]) { return IPAddress(bytes: Array(bytes.dropFirst(2).prefix(4))) }
        if bytes.prefix(12).allSatisfy({ $0 == 0 }) { return IPAddress(bytes: Array(bytes.suffix(4))) }
        return nil
    }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    private static let nat64Prefix: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let isPlain = part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard isPlain, part == "0" || !part.hasPrefix("0"), let byte = UInt8(part) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: String) -> [UInt8]? {
        let halves = separated(text)
        guard let first = halves.first, halves.count <= 2,
            let leading = groups(first, mayEndInVersion4: halves.count == 1)
        else { return nil }
        guard halves.count == 2 else { return leading.count == 16 ? leading : nil }
        guard let trailing = groups(halves[1], mayEndInVersion4: true), leading.count + trailing.count <= 14 else {
            return nil
        }
        return leading + [UInt8](repeating: 0, count: 16 - leading.count - trailing.count) + trailing
    }

    /// The text around each `::`.
    private static func separated(_ text: String) -> [Substring] {
        var pieces: [Substring] = []
        var rest = text[...]
        while let colon = rest.indices.first(where: { rest[$0...].hasPrefix("::") }) {
            pieces.append(rest[..<colon])
            rest = rest[colon...].dropFirst(2)
        }
        return pieces + [rest]
    }

    private static func groups(_ text: Substring, mayEndInVersion4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInVersion4, index == parts.count - 1, part.contains(".") {
                guard let last = version4(part) else { return nil }
                return bytes + last
            }
            let isPlain = (1...4).contains(part.utf8.count) && part.allSatisfy(\.isHexDigit)
            guard isPlain, let group = UInt16(part, radix: 16) else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or eight hexadecimal groups with the longest run of zeros shortened, as
    /// [RFC 5952](https://www.rfc-editor.org/rfc/rfc5952) writes it.
    package var description: String {
        guard !isVersion4 else { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard let zeros = Self.longestRunOfZeros(in: groups) else { return text(groups[...]) }
        return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
    }

    private static func longestRunOfZeros(in groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest.count > 1 ? longest : nil
    }
}
