// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import DemoWorld

@Suite("Access policy")
struct AccessPolicyTests {
    static let single = AccessPolicy.Target(audience: "https://one.test", resource: "https://only.test/mcp")
    static let todo = AccessPolicy.Target(audience: "https://ras.test", resource: "https://todo.test/mcp")
    static let payroll = AccessPolicy.Target(audience: "https://ras.test", resource: "https://payroll.test/mcp")

    static func row(_ user: String, _ target: AccessPolicy.Target, _ scopes: Set<String>) -> AccessPolicy.Row {
        AccessPolicy.Row(user: user, audience: target.audience, resource: target.resource, scopes: Scopes(scopes))
    }

    let policy = AccessPolicy(
        targets: [single, todo, payroll],
        rows: [
            row("alice", todo, ["read", "write"]), row("alice", payroll, ["read"]), row("bob", todo, ["read"]),
            row("alice", single, ["read"]),
        ]
    )

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let user: String
        let audience: String
        let resource: String?
        let requested: Set<String>?
        /// The scopes granted, or why none are.
        let outcome: Result<Set<String>, OAuthRefusal.Code>

        init(
            _ name: String,
            _ user: String,
            _ audience: String,
            _ resource: String?,
            _ requested: Set<String>?,
            _ outcome: Result<Set<String>, OAuthRefusal.Code>
        ) {
            testDescription = name
            self.user = user
            self.audience = audience
            self.resource = resource
            self.requested = requested
            self.outcome = outcome
        }
    }

    static let cases: [Case] = [
        Case("all that there is", "alice", todo.audience, todo.resource, nil, .success(["read", "write"])),
        Case("what is asked for", "alice", todo.audience, todo.resource, ["read"], .success(["read"])),
        Case(
            "less than what is asked for",
            "bob",
            todo.audience,
            todo.resource,
            ["read", "write"],
            .success(["read"])
        ),
        Case("nothing of it", "bob", todo.audience, todo.resource, ["write"], .failure(.invalidScope)),
        Case(
            "a server that the user may not use",
            "bob",
            todo.audience,
            payroll.resource,
            nil,
            .failure(.accessDenied)
        ),
        Case("a user without a row", "carol", todo.audience, todo.resource, nil, .failure(.accessDenied)),
        Case("an unknown audience", "alice", "https://evil.test", todo.resource, nil, .failure(.invalidTarget)),
        Case("an audience with a slash", "alice", "https://ras.test/", todo.resource, nil, .failure(.invalidTarget)),
        Case("a resource of another audience", "alice", todo.audience, single.resource, nil, .failure(.invalidTarget)),
        Case("no resource where there are several", "alice", todo.audience, nil, nil, .failure(.invalidTarget)),
        Case("no resource where there is one", "alice", single.audience, nil, nil, .success(["read"])),
        Case("a user's name in capitals", "ALICE", todo.audience, todo.resource, nil, .failure(.accessDenied)),
    ]

    @Test("The table decides", arguments: cases)
    func decides(_ example: Case) {
        let outcome: Result<Set<String>, OAuthRefusal.Code>
        do throws(OAuthRefusal) {
            let grant = try policy.decide(
                user: example.user,
                audience: example.audience,
                resource: example.resource,
                requested: example.requested.map { Scopes($0) }
            )
            outcome = .success(grant.scopes.names)
        } catch { outcome = .failure(error.code) }
        #expect(outcome == example.outcome)
    }

    @Test("The rows can be replaced, by rows about servers that exist")
    func replacing() throws {
        var changed = policy
        try changed.replaceRows(policy.json)
        #expect(changed == policy)
        try changed.replaceRows([])
        #expect(throws: OAuthRefusal.self) {
            _ = try changed.decide(
                user: "alice",
                audience: Self.todo.audience,
                resource: Self.todo.resource,
                requested: nil
            )
        }
        let unknown: JSONValue = [["user": "bob", "audience": "https://ras.test", "resource": "x", "scope": "read"]]
        #expect(throws: JSONDecodingError.self) { try changed.replaceRows(unknown) }
        #expect(throws: JSONDecodingError.self) { try changed.replaceRows([:]) }
        #expect(throws: JSONDecodingError.self) { try changed.replaceRows([["user": "bob"]]) }
    }
}

extension OAuthRefusal.Code: Error {}
