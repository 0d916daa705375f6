// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

@Suite("Session registry")
struct SessionRegistryTests {
    private func session(_ user: String, _ session: Int) -> SessionIdentity {
        SessionIdentity(user: UserIdentity(issuer: "i", tenant: nil, subject: user), session: "s\(session)")
    }

    @Test("A session is new once")
    func once() {
        var registry = SessionRegistry(limit: 10, perUser: 10)
        #expect(registry.see(session("a", 1)) == SessionRegistry.Arrival(isNew: true, displaced: []))
        #expect(registry.see(session("a", 1)) == SessionRegistry.Arrival(isNew: false, displaced: []))
        #expect(registry.count == 1)
    }

    @Test("A user's session too many displaces that user's oldest, and nobody else's")
    func perUser() {
        var registry = SessionRegistry(limit: 100, perUser: 2)
        for number in 1...2 {
            _ = registry.see(session("a", number))
            _ = registry.see(session("b", number))
        }
        #expect(registry.see(session("a", 3)).displaced == [session("a", 1)])
        #expect(registry.count == 4)
        #expect(registry.see(session("a", 1)).isNew)
    }

    @Test("A session that is seen again is not the oldest any more")
    func seenAgain() {
        var registry = SessionRegistry(limit: 100, perUser: 2)
        for number in [1, 2, 1] { _ = registry.see(session("a", number)) }
        #expect(registry.see(session("a", 3)).displaced == [session("a", 2)])
        #expect(registry.knows(session("a", 1)) && !registry.knows(session("a", 2)))
    }

    @Test("The session that was not used for the longest time goes when there are too many")
    func bounded() {
        var registry = SessionRegistry(limit: 3, perUser: 10)
        for number in 1...3 { _ = registry.see(session("a", number)) }
        _ = registry.see(session("a", 1))
        #expect(registry.see(session("b", 1)).displaced == [session("a", 2)])
        #expect(registry.count == 3)
    }
}
