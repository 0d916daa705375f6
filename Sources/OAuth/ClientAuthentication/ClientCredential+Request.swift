// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON

extension ClientCredential {
    /// How long an assertion of the client is valid: it is used at once.
    static let assertionLifetime = Duration.seconds(60)

    /// Adds the proof to a token request, by one method and no second
    /// ([RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3)).
    ///
    /// - Parameters:
    ///   - form: Gets the proof, if it goes there.
    ///   - headers: Get the proof, if it goes there.
    ///   - now: When the request is sent.
    ///   - identifier: A `jti` that was never used before.
    /// - Throws: ``TokenEndpointError`` with ``TokenEndpointError/Code/cannotAuthenticate``.
    func authenticate(
        _ form: inout TokenForm,
        _ headers: inout HTTPHeaders,
        at now: NumericDate,
        identifier: String
    ) throws(TokenEndpointError) {
        switch authentication {
        case .clientSecretBasic(let secret):
            // The id and the secret are form-encoded first (RFC 6749 §2.3.1), or a colon in the id would end it.
            let pair = "\(FormEncoding.encode(clientID)):\(FormEncoding.encode(secret.exposed))"
            headers["Authorization"] = "Basic \(Base64.encode(Array(pair.utf8)))"
        case .clientSecretPost(let secret):
            form.add("client_id", clientID)
            form.add("client_secret", secret)
        case .privateKeyJWT(let key, let audience):
            form.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            form.add("client_assertion", try assertion(key, audience, now, identifier))
        case .none:
            form.add("client_id", clientID)
        }
    }

    /// The claims of [RFC 7523 §3](https://www.rfc-editor.org/rfc/rfc7523#section-3).
    private func assertion(
        _ key: SigningKey,
        _ audience: String,
        _ now: NumericDate,
        _ identifier: String
    ) throws(TokenEndpointError) -> Redacted<String> {
        let claims: JSONObject = [
            "iss": .string(clientID), "sub": .string(clientID), "aud": .string(audience), "jti": .string(identifier),
            "iat": .integer(now.seconds), "exp": .integer(now.advanced(by: Self.assertionLifetime).seconds),
        ]
        do {
            return try JWTSigner(key: key).sign(claims)
        } catch {
            throw TokenEndpointError(.cannotAuthenticate, "the client's key does not sign", advice: "Check the key.")
        }
    }
}
