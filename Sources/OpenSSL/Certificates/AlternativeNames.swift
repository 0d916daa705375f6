// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The names under which a server may be reached with a certificate.
package struct AlternativeNames: Hashable, Sendable {
    /// In the order of the certificate.
    package var dnsNames: [String]
    /// IP addresses as 4 or 16 bytes in network order.
    package var addresses: [[UInt8]]

    package init(dnsNames: [String] = [], addresses: [[UInt8]] = []) {
        self.dnsNames = dnsNames
        self.addresses = addresses
    }

    /// Whether every name in `other` is among these.
    package func includes(_ other: AlternativeNames) -> Bool {
        Set(dnsNames).isSuperset(of: other.dnsNames) && Set(addresses).isSuperset(of: other.addresses)
    }

    /// The extension as OpenSSL's configuration files write it.
    ///
    /// - Throws: ``OpenSSLError`` when there is no name, or one that could not stand there alone.
    func extensionText() throws(OpenSSLError) -> String {
        let entries =
            try dnsNames.map { name throws(OpenSSLError) in "DNS:\(try Self.checked(name))" }
            + addresses.map { address throws(OpenSSLError) in "IP:\(try Self.text(of: address))" }
        guard !entries.isEmpty else {
            throw OpenSSLError(.invalidRequest, "Could not issue a certificate: it is for no name. Give at least one.")
        }
        return entries.joined(separator: ",")
    }

    /// A comma or a colon would start another entry.
    private static func checked(_ name: String) throws(OpenSSLError) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "*"):
                true
            default: false
            }
        }
        guard isPlain, (1...253).contains(name.utf8.count) else {
            throw OpenSSLError(
                .invalidRequest,
                "Could not issue a certificate: '\(name.prefix(120))' is no DNS name. Use letters, digits, '-' and '.'."
            )
        }
        return name
    }

    private static func text(of address: [UInt8]) throws(OpenSSLError) -> String {
        switch address.count {
        case 4: return address.map { String($0) }.joined(separator: ".")
        case 16:
            let groups = stride(from: 0, to: 16, by: 2).map { UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]) }
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        default:
            throw OpenSSLError(
                .invalidRequest,
                "Could not issue a certificate: an address has \(address.count) bytes. Use 4 or 16."
            )
        }
    }
}
