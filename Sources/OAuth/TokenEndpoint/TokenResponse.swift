// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// The answer of a token endpoint that gives a token:
/// [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1).
///
/// A refresh token is kept only by those who ask for one; the exchanges drop it.
package struct TokenResponse: Sendable {
    /// The member `access_token`: whatever was asked for, an ID-JAG among that.
    package let token: Redacted<String>
    /// The member `token_type`, as sent.
    package let tokenType: String
    /// The member `issued_token_type`.
    package let issuedTokenType: TokenType?
    /// The member `expires_in`; zero for a token that must not be kept, `nil` if the server does not say.
    package let lifetime: Duration?
    /// The member `scope`, if the server says it.
    package let scope: String?
    /// The member `resource`, one or several; `nil` if the server does not say.
    package let resources: [String]?
    /// The member `id_token`.
    package let idToken: Redacted<String>?
    /// The member `refresh_token`.
    package let refreshToken: Redacted<String>?

    /// Longer tokens would not fit into a header.
    static let longestToken = 16 << 10
    /// Longer lifetimes mean nothing.
    static let longestLifetime: Int64 = 10 * 365 * 86_400

    /// Reads the members of an answer with status 200.
    ///
    /// - Throws: A phrase that says what is wrong with it.
    init(_ members: JSONObject) throws(MalformedTokenResponse) {
        guard let token = try Self.token("access_token", in: members) else {
            throw MalformedTokenResponse(problem: "there is no 'access_token'")
        }
        guard case .string(let tokenType) = members["token_type"], !tokenType.isEmpty else {
            throw MalformedTokenResponse(problem: "there is no 'token_type'")
        }
        self.token = token
        self.tokenType = tokenType
        issuedTokenType = try Self.text("issued_token_type", in: members).map(TokenType.init(rawValue:))
        scope = try Self.text("scope", in: members)
        lifetime = try Self.lifetime(members["expires_in"])
        idToken = try Self.token("id_token", in: members)
        refreshToken = try Self.token("refresh_token", in: members)
        switch members["resource"] {
        case nil, .null: resources = nil
        case .string(let resource): resources = [resource]
        case .array(let elements):
            let texts = elements.compactMap(\.stringValue)
            guard texts.count == elements.count else { throw MalformedTokenResponse(problem: "'resource' is no text") }
            resources = texts
        default: throw MalformedTokenResponse(problem: "'resource' is no text")
        }
    }

    /// Whether `token_type` is that one; case has no meaning (RFC 6749 §7.1).
    package func hasTokenType(_ type: String) -> Bool { tokenType.lowercased() == type.lowercased() }

    private static func text(_ name: String, in members: JSONObject) throws(MalformedTokenResponse) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .string(let text): return text.isEmpty ? nil : text
        default: throw MalformedTokenResponse(problem: "'\(name)' is no text")
        }
    }

    /// A token goes into a header, so it holds nothing that could end one.
    private static func token(
        _ name: String,
        in members: JSONObject
    ) throws(MalformedTokenResponse) -> Redacted<String>? {
        guard let text = try text(name, in: members) else { return nil }
        guard text.utf8.count <= longestToken, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw MalformedTokenResponse(problem: "'\(name)' is too long or holds a character that no token has")
        }
        return Redacted(text)
    }

    /// Some servers send the number as a text, and some numbers that are no lifetimes.
    private static func lifetime(_ value: JSONValue?) throws(MalformedTokenResponse) -> Duration? {
        let seconds: Int64
        switch value {
        case nil, .null: return nil
        case .integer(let number): seconds = number
        case .unsigned: seconds = .max
        case .double(let number) where number.isFinite:
            seconds = Int64(min(max(number, 0), Double(longestLifetime)))
        case .string(let text):
            guard let number = Int64(text) else { throw MalformedTokenResponse(problem: "'expires_in' is no number") }
            seconds = number
        default: throw MalformedTokenResponse(problem: "'expires_in' is no number")
        }
        return .seconds(min(max(seconds, 0), longestLifetime))
    }
}

/// What is wrong with an answer, as a phrase that quotes nothing of it.
struct MalformedTokenResponse: Error, Hashable {
    let problem: String
}
