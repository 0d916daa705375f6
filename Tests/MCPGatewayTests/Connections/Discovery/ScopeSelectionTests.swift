// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

@Suite("Scope selection")
struct ScopeSelectionTests {
    private func scopes(
        _ route: [String],
        _ challenge: Set<String>,
        _ resource: [String],
        offline: Bool = false
    ) -> String? {
        ScopeSelection.scopes(route: route, challenge: challenge, resource: resource, offersOfflineAccess: offline).text
    }

    @Test("The resource's own, else those of the challenge, else those of the metadata, else none")
    func order() {
        #expect(scopes(["a"], ["b"], ["c"]) == "a")
        #expect(scopes([], ["b", "a"], ["c"]) == "a b")
        #expect(scopes([], [], ["c", "d"]) == "c d")
        #expect(scopes([], [], []) == nil)
    }

    @Test("offline_access comes along only where it is offered, and never alone")
    func offline() {
        #expect(scopes([], ["b"], [], offline: true) == "b offline_access")
        #expect(scopes(["offline_access", "a"], [], [], offline: true) == "a offline_access")
        #expect(scopes([], [], [], offline: true) == nil)
        #expect(scopes([], ["b"], []) == "b")
    }

    @Test("What strangers write is bounded, and holds nothing that is no scope")
    func strangers() {
        #expect(scopes([], ["a b", "c\"", "\\", "é", "", "good"], []) == "good")
        let many = (0..<100).map { "s\($0)" }
        #expect(ScopeSelection.readable(many).scopes.count == ScopeSelection.limit)
        #expect(ScopeSelection.readable([String(repeating: "a", count: 300)]).scopes.isEmpty)
    }
}
