// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
import JSON

/// A client as an authorization server has registered it:
/// [RFC 7591 §3.2.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1).
package struct ClientRegistration: Sendable {
    /// Good at that server and at no other.
    package let credential: ClientCredential
    /// When the secret ends; `nil` if it does not, or if there is none.
    package let secretExpiry: NumericDate?

    /// Longer ids and secrets would not fit into requests.
    static let longestText = 4 << 10

    /// Reads the members of an answer.
    ///
    /// - Parameters:
    ///   - members: What the server sent.
    ///   - metadata: What was asked for.
    /// - Throws: A phrase that says what is wrong with it.
    init(_ members: JSONObject, for metadata: ClientMetadata) throws(MalformedRegistration) {
        guard let clientID = try Self.text("client_id", in: members) else {
            throw MalformedRegistration(problem: "there is no 'client_id'")
        }
        let secret = try Self.text("client_secret", in: members).map { Redacted($0) }
        if case .array(let registered) = members["redirect_uris"] {
            let uris = registered.compactMap(\.stringValue)
            let isComplete = metadata.redirectURIs.allSatisfy { wanted in
                uris.contains { $0.hasSameBytes(as: wanted) }
            }
            guard isComplete else { throw MalformedRegistration(problem: "it has another 'redirect_uris'") }
        }
        let method = try Self.text("token_endpoint_auth_method", in: members)
        credential = ClientCredential(
            clientID: clientID,
            authentication: try Self.authentication(method, secret)
        )
        secretExpiry = secret == nil ? nil : try Self.expiry(members["client_secret_expires_at"])
    }

    private static func authentication(
        _ method: String?,
        _ secret: Redacted<String>?
    ) throws(MalformedRegistration) -> ClientAuthentication {
        switch (method, secret) {
        case ("none", _), (nil, nil): return .none
        // What is not said is the first method (RFC 7591 §2).
        case ("client_secret_basic", let secret?), (nil, let secret?): return .clientSecretBasic(secret)
        case ("client_secret_post", let secret?): return .clientSecretPost(secret)
        case ("client_secret_basic", nil), ("client_secret_post", nil):
            throw MalformedRegistration(problem: "there is no 'client_secret'")
        default: throw MalformedRegistration(problem: "its 'token_endpoint_auth_method' was not asked for")
        }
    }

    /// Seconds since 1970; zero means never.
    private static func expiry(_ value: JSONValue?) throws(MalformedRegistration) -> NumericDate? {
        switch value {
        case nil, .null, .integer(0): return nil
        case let value?:
            guard let date = NumericDate(claim: value) else {
                throw MalformedRegistration(problem: "'client_secret_expires_at' is no time")
            }
            return date
        }
    }

    /// Visible characters and spaces ([RFC 6749 appendix A](https://www.rfc-editor.org/rfc/rfc6749#appendix-A.1)).
    private static func text(_ name: String, in members: JSONObject) throws(MalformedRegistration) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .string(let text):
            guard text.utf8.count <= longestText, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw MalformedRegistration(problem: "'\(name)' is too long or holds a character that it may not have")
            }
            return text.isEmpty ? nil : text
        default: throw MalformedRegistration(problem: "'\(name)' is no text")
        }
    }
}

/// What is wrong with an answer, as a phrase that quotes nothing of it.
struct MalformedRegistration: Error, Hashable {
    let problem: String
}
