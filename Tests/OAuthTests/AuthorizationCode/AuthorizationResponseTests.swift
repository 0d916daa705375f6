// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import OAuth

@Suite("Authorization response")
struct AuthorizationResponseTests {
    private static let issuer = "https://as.example"
    private static let encodedIssuer = "https%3A%2F%2Fas.example"

    private func code(_ query: String, namesItself: Bool) throws -> String {
        try AuthorizationResponse(query: query).code(
            from: AuthorizationResponse.Expectation(issuer: Self.issuer, namesItself: namesItself)
        ).exposed
    }

    private func refusal(_ query: String, namesItself: Bool = false) throws -> AuthorizationError {
        try #require(throws: AuthorizationError.self) { try code(query, namesItself: namesItself) }
    }

    @Test("A code comes with the issuer where that is promised, and without one where it is not")
    func good() throws {
        #expect(try code("code=c%2Bd&state=s&iss=\(Self.encodedIssuer)", namesItself: true) == "c+d")
        #expect(try code("state=s&code=c&iss=\(Self.encodedIssuer)", namesItself: false) == "c")
        #expect(try code("state=s&code=c&session_state=x", namesItself: false) == "c")
        #expect(try AuthorizationResponse(query: "state=s%20t&code=c").state.exposed == "s t")
    }

    @Test("An issuer that is promised and missing makes the answer worthless (RFC 9207 §2.4)")
    func missingIssuer() throws {
        #expect(try refusal("state=s&code=c", namesItself: true).code == .missingIssuer)
        #expect(try refusal("state=s&error=access_denied", namesItself: true).code == .missingIssuer)
    }

    @Test(
        "Another issuer does too, promised or not, however alike it looks",
        arguments: [
            "https://as.example/", "https://AS.example", "HTTPS://as.example", "https://as.example:443",
            "https://evil.example", "https://as.example%20", "https://as.exampl%65x", "",
        ],
        [true, false]
    )
    func wrongIssuer(issuer: String, namesItself: Bool) throws {
        #expect(try refusal("state=s&code=c&iss=\(issuer)", namesItself: namesItself).code == .wrongIssuer)
        // Nor is an error believed that is not the server's.
        #expect(try refusal("state=s&error=x&iss=\(issuer)", namesItself: namesItself).code == .wrongIssuer)
    }

    @Test("A refusal says what the server says, without the state and the code")
    func refused() throws {
        let denied = try refusal("state=canary-state-1&code=canary-code-22&error=access_denied&error_description=no")
        #expect(denied.code == .denied)
        let query =
            "state=canary-state-1&code=canary-code-22&error=server_error"
            + "&error_description=for+canary-state-1+and+canary-code-22%0Abad"
        let refused = try refusal(query)
        #expect(refused.code == .refused)
        #expect(refused.message.contains("server_error") && refused.message.contains("bad"))
        #expect(!refused.message.contains("canary") && !refused.message.contains("\n"))
    }

    @Test(
        "What is no answer is refused",
        arguments: [
            "", "code=c", "state=&code=c", "state=s", "state=s&code=", "state=s&code=c&code=d",
            "state=s&state=s&code=c",
            "state=s&code=%f", "state=s&code=%zz", "state=s&code=%ff", "state=s&code=c&iss=a&iss=b",
        ]
    )
    func malformed(query: String) throws { #expect(try refusal(query).code == .malformed) }

    @Test("Size and number of parameters are bounded")
    func bounds() throws {
        let many = (0..<AuthorizationResponse.parameterLimit).map { "p\($0)=1" }.joined(separator: "&")
        #expect(try refusal("state=s&code=c&\(many)").code == .malformed)
        let long = String(repeating: "a", count: AuthorizationResponse.longestQuery)
        #expect(try refusal("state=s&code=\(long)").code == .malformed)
    }
}
