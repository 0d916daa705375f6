// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
package import JSON

/// The token in a request's `Authorization` field.
///
/// The grammar is that of [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
package struct BearerToken: Sendable {
    /// The longest token accepted, in bytes; ID tokens with many groups take several thousand.
    package static let maximumLength = 16_384

    /// What follows the scheme.
    package let value: Redacted<String>

    /// Reads the one field that there must be.
    ///
    /// - Throws: ``BearerTokenError``.
    package init(_ headers: HTTPFields) throws(BearerTokenError) {
        let fields = headers[values: .authorization]
        guard fields.count == 1, let field = fields.first else {
            throw BearerTokenError(
                isAbsent: fields.isEmpty,
                "The request has \(fields.isEmpty ? "no" : "more than one") Authorization field. Send one bearer token."
            )
        }
        // By bytes: this is done for each request, and tokens are long.
        let bytes = field.utf8
        let scheme = bytes.prefix(6)
        let rest = bytes.dropFirst(scheme.count)
        let token = rest.drop { $0 == UInt8(ascii: " ") }
        guard scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }), token.startIndex != rest.startIndex,
            !token.isEmpty, token.count <= Self.maximumLength, token.allSatisfy(Self.isTokenByte)
        else {
            throw BearerTokenError(
                isAbsent: false,
                "The Authorization field does not hold a bearer token. Send 'Bearer' and the token."
            )
        }
        value = Redacted(String(Substring(token)))
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}

/// An `Authorization` field without a bearer token.
package struct BearerTokenError: Error, Hashable, Sendable {
    /// Whether there is no such field at all.
    package let isAbsent: Bool
    /// A full sentence that says what to do; never holds what was sent.
    package let message: String

    init(isAbsent: Bool, _ message: String) {
        self.isAbsent = isAbsent
        self.message = message
    }
}
