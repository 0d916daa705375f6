// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import JOSE
import JSON
import OpenSSL

/// Finds out which client sends a token request, by one method and no second
/// ([RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3)).
package struct ClientAuthenticator: Sendable {
    /// The longest time from now to the expiry of an assertion that is accepted.
    static let longestAssertion = Duration.seconds(3_600)
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// How many clients may register themselves.
    static let registrationLimit = 10_000

    private(set) var clients: [String: RegisteredClient]
    /// What a client may write as `aud` of its assertion: the issuer, or the token endpoint.
    private let audiences: [String]
    private var usedAssertions: ExpiringTable<String, Void>

    /// - Parameters:
    ///   - clients: Those that are registered.
    ///   - audiences: What a client's assertion may be for.
    ///   - capacity: How many used assertions are remembered.
    package init(clients: [RegisteredClient], audiences: [String], capacity: Int = 100_000) {
        self.clients = Dictionary(clients.map { ($0.id, $0) }) { first, _ in first }
        self.audiences = audiences
        usedAssertions = ExpiringTable(capacity: capacity)
    }

    /// Adds a client that registers itself.
    ///
    /// - Throws: ``OAuthRefusal`` when there are too many.
    mutating func register(_ client: RegisteredClient) throws(OAuthRefusal) {
        guard clients[client.id] != nil || clients.count < Self.registrationLimit else {
            throw OAuthRefusal(.temporarilyUnavailable, "There are too many clients. Try again later.")
        }
        clients[client.id] = client
    }

    /// The client that sends a request.
    ///
    /// - Parameters:
    ///   - form: The request's parameters.
    ///   - authorization: The values of its `Authorization` fields.
    ///   - now: The time to judge by.
    /// - Returns: A client that proved who it is, or a public one.
    /// - Throws: ``OAuthRefusal``, with the same words for a client that is unknown and one that fails.
    package mutating func authenticate(
        _ form: FormParameters,
        authorization: [String],
        at now: NumericDate
    ) throws(OAuthRefusal) -> RegisteredClient {
        let basic = try basicCredentials(authorization)
        let proofs = [basic != nil, form["client_secret"] != nil, form["client_assertion"] != nil].count { $0 }
        guard proofs <= 1 else {
            throw OAuthRefusal(.invalidRequest, "The client authenticates in more than one way. Use one.")
        }
        if let basic {
            if let id = form["client_id"], !id.hasSameBytes(as: basic.id) {
                throw OAuthRefusal(.invalidRequest, "The form and the Authorization field name two clients.")
            }
            return try client(basic.id, secret: basic.secret)
        }
        if let secret = form["client_secret"] {
            return try client(try form.required("client_id"), secret: Redacted(secret))
        }
        if let assertion = form["client_assertion"] {
            return try client(assertion: Redacted(assertion), form, at: now)
        }
        guard let id = form["client_id"], let client = clients[id], !client.isConfidential else { throw Self.failed }
        return client
    }

    private static let failed = OAuthRefusal(
        .invalidClient,
        "The client is not known here, or its proof is not accepted. Check its id, its secret or key, and the method."
    )

    private func client(_ id: String, secret: Redacted<String>) throws(OAuthRefusal) -> RegisteredClient {
        let expected = clients[id]?.secret
        // Compared in any case, so that the time does not tell which ids exist.
        let isEqual = ConstantTime.areEqual(
            SHA256.digest(Array(secret.exposed.utf8)),
            SHA256.digest(Array((expected?.exposed ?? "").utf8))
        )
        guard let client = clients[id], expected != nil, isEqual else { throw Self.failed }
        return client
    }

    /// Checks an assertion by [RFC 7523 §3](https://www.rfc-editor.org/rfc/rfc7523#section-3).
    private mutating func client(
        assertion: Redacted<String>,
        _ form: FormParameters,
        at now: NumericDate
    ) throws(OAuthRefusal) -> RegisteredClient {
        guard form["client_assertion_type"] == Self.assertionType else {
            throw OAuthRefusal(.invalidRequest, "The parameter 'client_assertion_type' must be \(Self.assertionType).")
        }
        let claims: Claims
        do throws(TokenError) {
            let token = try UnverifiedJWT(assertion)
            guard let id = token.claims.subject, let key = clients[id]?.key else {
                throw TokenError(.wrongIssuer, .subject)
            }
            let policy = JWTPolicy(
                issuer: id,
                audiences: audiences,
                algorithms: [key.algorithm ?? .es256],
                type: .oneOfOrAbsent(["JWT", "client-authentication+jwt"]),
                requiredClaims: [.subject, .identifier]
            )
            claims = try token.verified(with: JWKSet(keys: [key]), policy: policy, at: now)
        } catch { throw Self.failed }
        guard let id = claims.subject, let client = clients[id], let identifier = claims.identifier,
            let expiry = claims.expiry, claims.audiences.count == 1, identifier.utf8.count <= 256,
            now.duration(to: expiry) <= Self.longestAssertion
        else { throw Self.failed }
        if let named = form["client_id"], !named.hasSameBytes(as: id) { throw Self.failed }
        let until = expiry.advanced(by: .seconds(30))
        switch usedAssertions.insert((), for: "\(id.utf8.count):\(id)\(identifier)", until: until, at: now) {
        case .inserted: return client
        case .taken: throw Self.failed
        case .full: throw OAuthRefusal(.temporarilyUnavailable, "Too many assertions are remembered. Try again later.")
        }
    }

    private func basicCredentials(
        _ fields: [String]
    ) throws(OAuthRefusal) -> (id: String, secret: Redacted<String>)? {
        guard !fields.isEmpty else { return nil }
        guard fields.count == 1, let field = fields.first else {
            throw OAuthRefusal(.invalidRequest, "There is more than one Authorization field.")
        }
        let words = field.split(separator: " ")
        guard words.count == 2, let scheme = words.first, scheme.lowercased() == "basic", let text = words.last,
            let bytes = Base64.decode(String(text)), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let id = FormParameters.decode(bytes[..<colon]),
            let secret = FormParameters.decode(bytes[bytes.index(after: colon)...])
        else { throw Self.failed }
        return (id, Redacted(secret))
    }
}
