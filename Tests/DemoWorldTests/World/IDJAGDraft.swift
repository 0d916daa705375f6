// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OpenSSL

@testable import DemoWorld

/// An ID-JAG in the making, of which a test spoils one thing.
struct IDJAGDraft: Sendable {
    static let issuer = "https://idp.test"
    static let audience = "https://ras.test"
    static let resource = "https://mcp.test/mcp"
    static let otherResource = "https://other.test/mcp"
    static let now = NumericDate(seconds: 1_800_000_000)
    /// The issuer's.
    static let key = TestKey()
    /// A stranger's.
    static let otherKey = TestKey()

    var header: JSONObject = ["alg": "ES256", "typ": "oauth-id-jag+jwt", "kid": .string(key.keyID)]
    var claims: JSONObject = [
        "iss": .string(issuer), "sub": "user-1001", "aud": .string(audience), "client_id": "c1", "jti": "jti-1",
        "iat": .integer(now.seconds), "exp": .integer(now.seconds + 120), "resource": .string(resource), "scope": "a b",
    ]
    /// In the place of ``claims``, for what is no object.
    var payload: String?
    var signer = key
    /// Changes the finished text.
    var finish: @Sendable (String) -> String = { $0 }
    /// In the place of the signature that fits.
    var signature: [UInt8]?

    var text: Redacted<String> {
        get throws {
            let parts = [
                JSONValue.object(header).serialized(),
                payload.map { Array($0.utf8) } ?? JSONValue.object(claims).serialized(),
            ]
            let input = parts.map { Base64URL.encode($0) }.joined(separator: ".")
            let signature = try signature ?? signer.sign(Array(input.utf8))
            return Redacted(finish("\(input).\(Base64URL.encode(signature))"))
        }
    }
}

/// A key on P-256 whose private part a test has.
struct TestKey: Sendable {
    private let pem: String
    let keyID: String
    let publicKey: JWK

    init() {
        do {
            pem = try PrivateKey.makeP256().pem()
            let key = try SigningKey(pem: Redacted(pem))
            keyID = key.publicKey.thumbprint
            publicKey = try JWK(key.publicKey.parameters, keyID: keyID, algorithm: .es256)
        } catch { fatalError("OpenSSL makes keys") }
    }

    func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        try PrivateKey(pem: pem).sign(bytes, scheme: .ecdsa(.p256))
    }
}
