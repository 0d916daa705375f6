// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import OpenSSL
import Testing

@testable import JOSE

@Suite("A second implementation")
struct SecondOpinionTests {
    @Test("What joserfc signs is accepted, in every algorithm, and claims are read as it wrote them")
    func accepted() throws {
        let document = try Fixture.load("second-opinion.json")
        let keys = try JWKSet(parsing: document.serialized())
        #expect(keys.keys.count == 5 && keys.skipped.isEmpty)
        for key in keys.keys {
            let expected = document["thumbprints"]?[try #require(key.keyID)]
            #expect(key.thumbprint == expected?.stringValue)
        }
        let tokens = try #require(document["tokens"]?.arrayValue)
        #expect(
            Set(tokens.compactMap { $0["algorithm"]?.stringValue })
                == Set(SignatureAlgorithm.allCases.map(\.rawValue))
        )
        for token in tokens {
            let text = try #require(token["token"]?.stringValue)
            let name = try #require(token["algorithm"]?.stringValue)
            let algorithm = try #require(SignatureAlgorithm(rawValue: name))
            let jwt = try UnverifiedJWT(Redacted(text))
            let policy = JWTPolicy(
                issuer: "https://idp.example/",
                audiences: ["https://as.example/"],
                algorithms: [algorithm],
                type: .oneOf(["oauth-id-jag+jwt"])
            )
            let claims = try jwt.verified(with: keys, policy: policy, at: NumericDate(seconds: 1_950_000_000))
            #expect(JSONValue.object(claims.members) == document["claims"], "\(name)")
            // A text without key ID: the algorithm alone chooses the key.
            let unnamed = try #require(token["text"]?.stringValue)
            #expect(refusal(unnamed, keys, [algorithm]) == nil, "\(name)")
            #expect(try CompactJWS(unnamed).payload == [0] + Array(" not JSON ".utf8) + [0xFF])
        }
    }

    /// `Tests/EndToEnd/test_jose.py` has joserfc accept the file that this compares, or writes.
    @Test("What we sign is what the fixture for joserfc holds")
    func issued() throws {
        let document = try Fixture.load("second-opinion.json")
        let claims = try #require(document["claims"]?.objectValue)
        var tokens: [JSONValue] = []
        var keys: [String: JWK] = [:]
        for token in try #require(document["tokens"]?.arrayValue) {
            let keyID = try #require(token["keyID"]?.stringValue)
            let algorithm = try #require(token["algorithm"]?.stringValue.flatMap(SignatureAlgorithm.init))
            let pem = try #require(document["privateKeys"]?[keyID]?.stringValue)
            let key = try SigningKey(pem: Redacted(pem), keyID: keyID, algorithm: algorithm)
            keys[keyID] = try JWK(key.publicKey.parameters, keyID: keyID)
            let text = try JWTSigner(key: key, type: "oauth-id-jag+jwt").sign(claims).exposed
            tokens.append(["algorithm": .string(algorithm.rawValue), "keyID": .string(keyID), "token": .string(text)])
        }
        let published = keys.sorted { $0.key < $1.key }.map(\.value)
        let fresh: JSONValue = [
            "claims": .object(claims), "keys": .array(published.map(\.json)),
            "thumbprints": keys.mapValues(\.thumbprint).json, "tokens": .array(tokens),
        ]
        if ProcessInfo.processInfo.environment["SALLYPORT_WRITE_FIXTURES"] == "1" {
            try Data((fresh.serializedText(.pretty) + "\n").utf8).write(to: Fixture.url("issued.json"))
        }
        let stored = try Fixture.load("issued.json")
        for name in ["claims", "keys", "thumbprints"] { #expect(stored[name] == fresh[name]) }
        let storedTokens = try #require(stored["tokens"]?.arrayValue)
        #expect(storedTokens.count == tokens.count)
        for (old, new) in zip(storedTokens, tokens) {
            let text = try #require(old["token"]?.stringValue)
            let name = try #require(new["algorithm"]?.stringValue)
            let algorithm = try #require(SignatureAlgorithm(rawValue: name))
            #expect(refusal(text, JWKSet(keys: published), [algorithm]) == nil)
            // The others have randomness in them, so only what is signed can be compared.
            let isDeterministic = name.hasPrefix("RS") || name.hasPrefix("Ed")
            let newText = try #require(new["token"]?.stringValue)
            func comparable(_ text: String) -> [Substring] {
                Array(text.split(separator: ".").prefix(isDeterministic ? 3 : 2))
            }
            #expect(comparable(text) == comparable(newText), "\(name)")
        }
    }
}
