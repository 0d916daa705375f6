// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
package import JSON

/// What a browser brings back from an authorization server:
/// [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2) and
/// [RFC 9207 §2](https://www.rfc-editor.org/rfc/rfc9207#section-2).
///
/// Whoever sends the browser may have written it, so nothing in it counts before its ``state`` was found and
/// ``code(from:)`` has checked the rest.
package struct AuthorizationResponse: Sendable {
    /// Of whom the answer must be.
    package struct Expectation: Hashable, Sendable {
        /// Who was asked, byte for byte.
        package var issuer: String
        /// Whether the server's metadata says that its answers name it.
        package var namesItself: Bool

        package init(issuer: String, namesItself: Bool) {
            self.issuer = issuer
            self.namesItself = namesItself
        }
    }

    /// Longer queries are not looked at.
    static let longestQuery = 16 << 10
    /// How many parameters there may be.
    static let parameterLimit = 32

    /// What the request was made with.
    package let state: Redacted<String>
    private let code: Redacted<String>?
    private let issuer: String?
    private let error: String?
    private let errorDescription: String?

    /// Reads the query of the redirection.
    ///
    /// - Parameter query: Without the question mark.
    /// - Throws: ``AuthorizationError`` with ``AuthorizationError/Code/malformed``.
    package init(query: String) throws(AuthorizationError) {
        guard query.utf8.count <= Self.longestQuery else { throw .malformed("it is too long") }
        let pairs = query.utf8.split(separator: UInt8(ascii: "&"))
        guard pairs.count <= Self.parameterLimit else { throw .malformed("it has too many parameters") }
        var parameters: [String: String] = [:]
        for pair in pairs {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap(FormEncoding.decode),
                let value = parts.count == 2 ? parts.last.flatMap(FormEncoding.decode) : ""
            else { throw .malformed("it is not encoded as a form") }
            // Two readers may take one of two values each (RFC 6749 §3.1).
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw .malformed("a parameter is there twice")
            }
        }
        guard let state = parameters["state"], !state.isEmpty else { throw .malformed("it has no 'state'") }
        self.state = Redacted(state)
        code = parameters["code"].flatMap { $0.isEmpty ? nil : Redacted($0) }
        // An empty issuer is a wrong one, and not a missing one.
        issuer = parameters["iss"]
        error = parameters["error"].flatMap { $0.isEmpty ? nil : $0 }
        errorDescription = parameters["error_description"]
    }

    /// The code, if the answer is of the server that was asked and grants something.
    ///
    /// The issuer is compared before anything else is believed, an error too
    /// ([RFC 9207 §2.4](https://www.rfc-editor.org/rfc/rfc9207#section-2.4)): byte for byte, without any normalisation, and
    /// also where the server did not say that it would name itself.
    ///
    /// - Parameter expectation: Who was asked.
    /// - Returns: The code, to be redeemed there and nowhere else.
    /// - Throws: ``AuthorizationError``.
    package func code(from expectation: Expectation) throws(AuthorizationError) -> Redacted<String> {
        if let issuer {
            guard issuer.hasSameBytes(as: expectation.issuer) else { throw .wrongIssuer(expectation.issuer) }
        } else if expectation.namesItself {
            throw .missingIssuer(expectation.issuer)
        }
        if let error {
            let secrets = [state, code].compactMap { $0 }
            throw .refused(error, errorDescription, by: expectation.issuer, hiding: secrets)
        }
        guard let code else { throw .malformed("it has neither 'code' nor 'error'") }
        return code
    }
}
