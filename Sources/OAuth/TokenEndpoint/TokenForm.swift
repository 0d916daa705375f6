// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// The parameters of a token request, in their order.
///
/// It holds secrets, so it prints the names alone.
package struct TokenForm: Sendable, CustomStringConvertible, CustomReflectable {
    private var parameters: [(name: String, value: Redacted<String>)] = []

    package init() {}

    /// The names, in order.
    package var names: [String] { parameters.map(\.name) }

    package var description: String { "TokenForm(\(names))" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Adds a parameter; a name that is there already is added again, which only RFC 8693's `audience` and `resource` may be.
    package mutating func add(_ name: String, _ value: Redacted<String>) { parameters.append((name, value)) }

    /// Adds a parameter that is no secret.
    package mutating func add(_ name: String, _ value: String) { add(name, Redacted(value)) }

    /// Adds a parameter unless its value is missing or empty, which would be as good as missing
    /// ([RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)).
    package mutating func addIfPresent(_ name: String, _ value: String?) {
        if let value, !value.isEmpty { add(name, value) }
    }

    /// `application/x-www-form-urlencoded`, as it goes into the request.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for (position, parameter) in parameters.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes += FormEncoding.encode(parameter.name).utf8
            bytes.append(UInt8(ascii: "="))
            bytes += FormEncoding.encode(parameter.value.exposed).utf8
        }
        return bytes
    }

    /// The values whose repetition in an answer must not reach a message.
    var secrets: [Redacted<String>] {
        let secretNames: Set<String> = [
            "subject_token", "actor_token", "assertion", "client_secret", "client_assertion", "refresh_token", "code",
            "code_verifier",
        ]
        return parameters.filter { secretNames.contains($0.name) }.map(\.value)
    }
}

/// The form encoding of [RFC 6749 appendix B](https://www.rfc-editor.org/rfc/rfc6749#appendix-B).
enum FormEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                encoded.append(byte)
            case UInt8(ascii: " "): encoded.append(UInt8(ascii: "+"))
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Undoes the encoding; `nil` for what is not encoded so, or is no UTF-8.
    static func decode(_ bytes: some Collection<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(value), let low = iterator.next().flatMap(value) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Of a hexadecimal digit.
    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
