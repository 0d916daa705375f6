// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import Testing

@testable import MCPGateway

@Suite("Open verdicts")
struct OpenVerdictsTests {
    private static func entry(
        _ name: String,
        _ reason: String? = nil,
        version: String = "1"
    ) -> GatewayReport.Entry {
        let outcome = reason.map { GatewayReport.Outcome.rejected(reason: $0, message: "M.") } ?? .applied
        return GatewayReport.Entry(key: .team(name), version: version, outcome: outcome)
    }

    @Test("What waits for metadata is held back for a second from when the version was first seen")
    func patience() {
        var open = OpenVerdicts()
        #expect(open.pause == nil)
        let entries = [Self.entry("a"), Self.entry("b", "DiscoveryFailed"), Self.entry("c", "ResourceMismatch")]
        let first = open.settled(among: entries, at: .seconds(10))
        #expect(first.map(\.key.name) == ["a", "c"])
        #expect(open.pause == .milliseconds(100))
        let soon = open.settled(among: entries, at: .milliseconds(10_900))
        #expect(soon.map(\.key.name) == ["a", "c"])
        let late = open.settled(among: entries, at: .seconds(11))
        #expect(late == entries)
        #expect(open.pause == .seconds(1))
        let renewed = open.settled(among: [Self.entry("b", "DiscoveryFailed", version: "2")], at: .seconds(12))
        #expect(renewed.isEmpty)
    }

    @Test("What is settled is told at once, and what was open before has its second again")
    func settles() {
        var open = OpenVerdicts()
        _ = open.settled(among: [Self.entry("a", "DiscoveryFailed")], at: .zero)
        let settled = open.settled(among: [Self.entry("a")], at: .milliseconds(200))
        #expect(settled == [Self.entry("a")])
        #expect(open.pause == nil)
        let again = open.settled(among: [Self.entry("a", "DiscoveryFailed")], at: .seconds(5))
        #expect(again.isEmpty)
    }
}
