// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The syntax of single fields, the same as the patterns of the CRD.
enum FieldSyntax {
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// The start of a name in tool calls: `^[a-zA-Z][a-zA-Z0-9_-]*$`.
    static func isIdentifier(_ text: String, allowingDash: Bool = true) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || (allowingDash && $0 == UInt8(ascii: "-"))
        }
    }

    /// A DNS-1123 label.
    static func isDNSLabel(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 63 else { return false }
        func isEdge(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
        }
        return isEdge(first) && isEdge(last) && text.utf8.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") }
    }

    /// A DNS-1123 subdomain.
    ///
    /// Kubernetes limits the whole name to 253 characters, not each part to 63.
    static func isDNSSubdomain(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
                guard let first = part.first, let last = part.last else { return false }
                func isEdge(_ byte: UInt8) -> Bool {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
                }
                return isEdge(first) && isEdge(last) && part.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") }
            }
    }

    /// A key of a Secret: `^[-._a-zA-Z0-9]+$`, at most 253 characters.
    static func isSecretKey(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                    || $0 == UInt8(ascii: "_")
            }
    }

    /// Printable ASCII without spaces.
    static func isPrintable(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// A header name ([RFC 9110 section 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
    }
}
