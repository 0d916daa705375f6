// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The host of a URL, brought into its one form.
enum HostName {
    /// A host in lower case, an IPv4 address in four decimal parts, or an IPv6 address in brackets.
    static func normalise(_ text: Substring) throws(URLProblem) -> String {
        guard !text.isEmpty else { throw URLProblem("has no host", "Write the host after '://'.") }
        if text.hasPrefix("[") {
            guard let address = IPv6Text.canonical(text.dropFirst().dropLast()) else {
                throw URLProblem("has a malformed IPv6 address", "Write it as in https://[2001:db8::1]/.")
            }
            return "[\(address)]"
        }
        let host = text.lowercased()
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Substring.init)
        guard host.utf8.count <= 253, labels.allSatisfy(isLabel) else {
            throw URLProblem(
                "has a malformed host name",
                "Write labels of letters, digits and '-' separated by single dots, without one at the end."
            )
        }
        // Resolvers read 127.1, 0x7f000001 and 0177.0.0.1 as addresses; here such a text must be one plainly.
        if let last = labels.last, isNumber(last), !isPlainIPv4(labels) {
            throw URLProblem(
                "has a host that is neither a name nor a plain IPv4 address",
                "Write four decimal numbers."
            )
        }
        return host
    }

    private static func isLabel(_ label: Substring) -> Bool {
        !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        if label.hasPrefix("0x") { return label.dropFirst(2).allSatisfy(\.isHexDigit) }
        return label.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isPlainIPv4(_ labels: [Substring]) -> Bool {
        labels.count == 4
            && labels.allSatisfy { label in
                label.utf8.count <= 3 && UInt8(label) != nil && (label == "0" || !label.hasPrefix("0"))
            }
    }
}
