// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// The warnings an API server attaches to a response, for example about a deprecated version
/// ([RFC 7234 §5.5](https://www.rfc-editor.org/rfc/rfc7234#section-5.5)).
package enum WarningHeader {
    /// The texts of all warnings with code 299, which is the only one that the API server uses.
    ///
    /// What does not parse is left out: a warning is advice, and no reason to fail a request.
    package static func texts(in headers: HTTPHeaders) -> [String] {
        headers.values(of: "Warning").flatMap { value in
            var scanner = WarningScanner(value)
            var texts: [String] = []
            while let warning = scanner.next() {
                if warning.code == "299" { texts.append(warning.text) }
            }
            return texts
        }
    }
}

/// Reads `code SP agent SP quoted-text [SP quoted-date]` elements separated by commas.
private struct WarningScanner {
    private var rest: Substring.UTF8View

    init(_ value: String) { rest = value[...].utf8 }

    mutating func next() -> (code: String, text: String)? {
        skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: ",") }
        guard let code = token(), token() != nil, let text = quoted() else { return nil }
        // The date, if there is one, up to the next element.
        skip { $0 == UInt8(ascii: " ") }
        if rest.first == UInt8(ascii: "\"") { _ = quoted() }
        return (code, text)
    }

    private mutating func token() -> String? {
        skip { $0 == UInt8(ascii: " ") }
        let token = rest.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
        rest = rest.dropFirst(token.count)
        return token.isEmpty ? nil : String(Substring(token))
    }

    private mutating func quoted() -> String? {
        skip { $0 == UInt8(ascii: " ") }
        return rest.popQuotedText()
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }
}
