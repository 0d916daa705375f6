// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import JOSE

@Suite("Signatures of the RFCs")
struct RFCVectorTests {
    @Test("The examples of RFC 7515 A.2 and A.3, RFC 7520 §4.2 and §4.3 and RFC 8037 A.4 are accepted")
    func accepted() throws {
        let vectors = try #require(try Fixture.load("rfc-vectors.json")["signatures"]?.arrayValue)
        #expect(vectors.count == 5)
        for vector in vectors {
            let name = try #require(vector["name"]?.stringValue)
            let key = try JWK(json: try #require(vector["key"]))
            let token = try #require(vector["token"]?.stringValue)
            let all = Set(SignatureAlgorithm.allCases)
            #expect(refusal(token, JWKSet(keys: [key]), all) == nil, "\(name)")
            let jws = try CompactJWS(token)
            let algorithm = try #require(SignatureAlgorithm(rawValue: jws.header.algorithm))
            #expect(refusal(token, JWKSet(keys: [key]), all.subtracting([algorithm])) == .unsupportedAlgorithm)
            #expect(Base64URL.encode(jws.payload) == token.split(separator: ".")[1])
        }
    }

    @Test("The claims of RFC 7515 A.2 are read, line breaks and all")
    func claims() throws {
        let vectors = try #require(try Fixture.load("rfc-vectors.json")["signatures"]?.arrayValue)
        let token = try UnverifiedJWT(Redacted(try #require(vectors[0]["token"]?.stringValue)))
        #expect(token.claims.issuer == "joe")
        #expect(token.claims.expiry == NumericDate(seconds: 1_300_819_380))
        #expect(token.claims.members["http://example.com/is_root"] == true)
    }
}
