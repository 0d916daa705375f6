// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import OpenSSL

@testable import JOSE

/// The documents in `Tests/Fixtures/jose`.
enum Fixture {
    static func url(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/jose/\(name)")
    }

    static func load(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Array(try Data(contentsOf: url(name))))
    }
}

/// A key made for one test, with the set in which its issuer would publish it.
final class TestKey: Sendable {
    let key: PrivateKey
    let jwk: JWK

    init(_ kind: KeyKind = .ellipticCurve(.p256), keyID: String? = "k1", algorithm: SignatureAlgorithm? = nil) throws {
        key = try PrivateKey.make(kind)
        jwk = try JWK(try key.publicParameters(), keyID: keyID, algorithm: algorithm)
    }

    var keySet: JWKSet { JWKSet(keys: [jwk]) }

    /// A token of any header and payload, however wrong, whose signature is right.
    func token(header: String, payload: String, scheme: SignatureScheme = .ecdsa(.p256)) throws -> String {
        let input = [header, payload].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        return "\(input).\(Base64URL.encode(try key.sign(Array(input.utf8), scheme: scheme)))"
    }
}

/// Checks one token and returns why it was refused; `nil` if it was not.
func refusal(_ token: String, _ keys: JWKSet, _ algorithms: Set<SignatureAlgorithm> = [.es256]) -> TokenError.Code? {
    do throws(TokenError) {
        try CompactJWS(token).verify(with: keys, algorithms: algorithms)
        return nil
    } catch { return error.code }
}
