// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A block of IP addresses in CIDR notation.
package struct AddressRange: Hashable, Sendable {
    /// Text that is not a block of addresses.
    package struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What was found, and what to write.
        package var message: String
        package var description: String { message }
    }

    /// The network address: 4 bytes for IPv4, 16 for IPv6.
    package var network: [UInt8]
    /// The number of leading bits that must match.
    package var prefixLength: Int

    /// Reads a block such as `10.0.0.0/8` or `fd00::/8`.
    ///
    /// - Throws: ``SyntaxError`` if it is no such block, or if bits are set beyond the prefix, which is usually a typo.
    package init(cidr: String) throws(SyntaxError) {
        let parts = cidr.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])),
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let prefixLength = Int(parts[1]), prefixLength <= address.bytes.count * 8
        else {
            throw SyntaxError(
                message: """
                    Could not read the address range '\(cidr.prefix(80))': it is not an address and a prefix length. \
                    Write it like '10.0.0.0/8' or 'fd00::/8'.
                    """
            )
        }
        self.init(network: address.bytes, prefixLength: prefixLength)
        guard (prefixLength..<network.count * 8).allSatisfy({ network[$0 / 8] & (0x80 >> ($0 % 8)) == 0 }) else {
            throw SyntaxError(
                message: """
                    Could not read the address range '\(cidr.prefix(80))': the address has bits set beyond its prefix. \
                    Write the first address of the range.
                    """
            )
        }
    }

    /// A range from values that are known to be right.
    init(network: [UInt8], prefixLength: Int) {
        self.network = network
        self.prefixLength = prefixLength
    }

    /// Whether the address lies in this block; never for the other version of IP.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == network.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes.prefix(whole) == network.prefix(whole) else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        return (address.bytes[whole] ^ network[whole]) >> (8 - rest) == 0
    }
}
