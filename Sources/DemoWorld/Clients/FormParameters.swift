// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The parameters of a token request, each of which is there once
/// ([RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)).
package struct FormParameters: Sendable {
    /// How many parameters there may be.
    static let countLimit = 64

    private var values: [String: String] = [:]

    /// Reads a form.
    ///
    /// - Throws: ``OAuthRefusal`` when it is none, or has a parameter twice.
    package init(parsing bytes: [UInt8]) throws(OAuthRefusal) {
        let pairs = bytes.split(separator: UInt8(ascii: "&"), maxSplits: Self.countLimit + 1)
        guard pairs.count <= Self.countLimit else {
            throw OAuthRefusal(.invalidRequest, "The form has more than \(Self.countLimit) parameters.")
        }
        for pair in pairs {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, let name = Self.decode(first),
                let value = parts.count == 2 ? parts.last.flatMap(Self.decode) : ""
            else { throw OAuthRefusal(.invalidRequest, "The form is not encoded as a form.") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw OAuthRefusal(.invalidRequest, "A parameter is there twice.")
            }
        }
    }

    /// Reads the form of a token request.
    ///
    /// - Throws: ``OAuthRefusal`` when parameters stand elsewhere than in a form in the body.
    init(_ request: DemoRequest) throws(OAuthRefusal) {
        guard request.mediaType == "application/x-www-form-urlencoded" else {
            throw OAuthRefusal(
                .invalidRequest,
                "The body must be a form: send Content-Type application/x-www-form-urlencoded.",
                status: 415
            )
        }
        guard request.query == nil else {
            throw OAuthRefusal(.invalidRequest, "Parameters belong into the body, not into the URL.")
        }
        try self.init(parsing: request.body)
    }

    /// The value of a parameter; an empty one counts as absent (RFC 6749 §3.2).
    package subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The value of a parameter that must be there.
    func required(_ name: String) throws(OAuthRefusal) -> String {
        guard let value = self[name] else { throw OAuthRefusal(.invalidRequest, "The parameter '\(name)' is missing.") }
        return value
    }

    /// Undoes form encoding; `nil` for what is not encoded so, or is no UTF-8.
    static func decode(_ bytes: some Collection<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexadecimalValue),
                    let low = iterator.next().flatMap(hexadecimalValue)
                else { return nil }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
