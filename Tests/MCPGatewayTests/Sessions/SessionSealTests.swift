// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL
import RouteTable
import Testing

@testable import MCPGateway

@Suite("Sealed session ids")
struct SessionSealTests {
    private static let server = RouteKey(namespace: "team-a", name: "todo")
    private static let alice = UserIdentity(issuer: "https://idp.example", tenant: nil, subject: "alice")

    private static func seal(_ keys: UInt8...) throws -> SessionSeal {
        try SessionSeal(keys: keys.map { Redacted([UInt8](repeating: $0, count: 32)) }) { count in
            try RandomBytes.make(count: count)
        }
    }

    @Test("An id comes back at its own server for its own user, and hides in between")
    func roundTrip() throws {
        let seal = try Self.seal(1)
        let sealed = try #require(try seal.seal("session-1", of: Self.server, for: Self.alice))
        #expect(!sealed.contains("session-1"))
        #expect(try seal.open(sealed, of: Self.server, for: Self.alice) == "session-1")
        #expect(try seal.seal("session-1", of: Self.server, for: Self.alice) != sealed)
    }

    @Test("It is no session at another server, for another user, or for a user of the same name elsewhere")
    func others() throws {
        let seal = try Self.seal(1)
        let sealed = try #require(try seal.seal("session-1", of: Self.server, for: Self.alice))
        let servers = [
            RouteKey(namespace: "team-a", name: "payroll"), RouteKey(namespace: "team-b", name: "todo"),
            RouteKey(namespace: "team-", name: "atodo"),
        ]
        for server in servers { #expect(try seal.open(sealed, of: server, for: Self.alice) == nil) }
        let users = [
            UserIdentity(issuer: "https://idp.example", tenant: nil, subject: "bob"),
            UserIdentity(issuer: "https://other.example", tenant: nil, subject: "alice"),
            UserIdentity(issuer: "https://idp.example", tenant: "", subject: "alice"),
        ]
        for user in users { #expect(try seal.open(sealed, of: Self.server, for: user) == nil) }
    }

    @Test("Every replica with the key opens it, the old key too while it is listed, and nobody without")
    func keys() throws {
        let sealed = try #require(try Self.seal(1).seal("session-1", of: Self.server, for: Self.alice))
        #expect(try Self.seal(2, 1).open(sealed, of: Self.server, for: Self.alice) == "session-1")
        #expect(try Self.seal(2).open(sealed, of: Self.server, for: Self.alice) == nil)
        #expect(throws: SessionSeal.UnusableKey.self) { try SessionSeal(keys: []) { _ in [] } }
        #expect(throws: SessionSeal.UnusableKey.self) { try SessionSeal(keys: [Redacted([1])]) { _ in [] } }
    }

    @Test(
        "What no server may use as an id is not sealed",
        arguments: ["", "a b", "a\r\nSet-Cookie: b", "\u{e9}", String(repeating: "a", count: 1_025)]
    )
    func unacceptable(_ id: String) throws {
        #expect(try Self.seal(1).seal(id, of: Self.server, for: Self.alice) == nil)
        let longest = String(repeating: "a", count: 1_024)
        let sealed = try #require(try Self.seal(1).seal(longest, of: Self.server, for: Self.alice))
        #expect(try Self.seal(1).open(sealed, of: Self.server, for: Self.alice) == longest)
    }

    @Test("Nonsense is no session, whatever it looks like", arguments: ["", "AQ", "!", "AA==", "\u{0}"])
    func nonsense(_ text: String) throws {
        let seal = try Self.seal(1)
        #expect(try seal.open(text, of: Self.server, for: Self.alice) == nil)
        let sealed = try #require(try seal.seal("session-1", of: Self.server, for: Self.alice))
        for position in sealed.indices {
            var changed = sealed
            changed.replaceSubrange(position...position, with: sealed[position] == "A" ? "B" : "A")
            // The last digit has bits that stand for nothing, and a text with them set is no encoding.
            #expect(try seal.open(changed, of: Self.server, for: Self.alice) == nil)
        }
        #expect(try seal.open(String(repeating: "A", count: 1 << 20), of: Self.server, for: Self.alice) == nil)
    }
}
