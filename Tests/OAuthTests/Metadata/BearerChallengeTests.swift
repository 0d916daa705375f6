// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import OAuth

@Suite("Bearer challenge")
struct BearerChallengeTests {
    private static func read(_ values: String...) -> BearerChallenge? {
        var headers: HTTPHeaders = [:]
        for value in values { headers.add(name: "www-authenticate", value: value) }
        return BearerChallenge(headers)
    }

    @Test(
        "What it asks for is read, among other schemes and however it is written",
        arguments: [
            #"Bearer error="insufficient_scope", scope="a b", resource_metadata="https://r.example/m", max_age=5, acr_values="x y""#,
            #"bearer ERROR=insufficient_scope,Scope="b a",resource_metadata = "https://r.example/m" , max_age="5",acr_values="x y""#,
            #"Basic realm="a, Bearer scope=\"x\"", Bearer error="insufficient_scope", scope="a b", resource_metadata="https://r.example/m", max_age=5, acr_values="x y""#,
            #"Negotiate YWJj/+==, Bearer error="insufficient_scope",scope="a \b",resource_metadata="https://r.example/m",max_age=5,acr_values="x y""#,
            #"Negotiate, , Bearer  error="insufficient_scope",scope="a b",resource_metadata="https://r.example/m",max_age=5,acr_values="x y", Basic"#,
        ]
    )
    func read(value: String) throws {
        let challenge = try #require(Self.read("DPoP algs=\"ES256\"", value))
        #expect(challenge.error == "insufficient_scope")
        #expect(challenge.scopes == ["a", "b"])
        #expect(challenge.resourceMetadata == "https://r.example/m")
        #expect(challenge.maximumAge == .seconds(5))
        #expect(challenge.authenticationContexts == ["x", "y"])
    }

    @Test("A challenge may be bare")
    func bare() throws {
        for value in ["Bearer", "Bearer ", "Basic, Bearer", #"Bearer realm="x""#] {
            let challenge = try #require(Self.read(value))
            #expect(challenge.error == nil && challenge.scopes.isEmpty && challenge.resourceMetadata == nil)
        }
    }

    @Test(
        "What cannot be read is no challenge",
        arguments: [
            "", "Basic realm=\"x\"", #"Bearer scope="a", scope="b""#, #"Bearer scope="a"#, #"Bearer scope="a\"#, "=x",
            "\"Bearer\"",
            "Bearer scope=\"a\u{0}\"", "Bearer scope=\"a\r\nX: y\"", "Bearer scope=\"é\"",
            #"Bearer scope=""# + String(repeating: "a", count: 9_000) + #"""#,
        ]
    )
    func unreadable(value: String) {
        #expect(Self.read(value) == nil)
    }

    @Test("An age that is no number is no demand", arguments: ["-1", "x", "1.5", "99999999999999999999999"])
    func ages(age: String) throws {
        #expect(try #require(Self.read("Bearer max_age=\"\(age)\"")).maximumAge == nil)
    }
}
