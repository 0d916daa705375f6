// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import TestSupport
import Testing

@testable import MCPServerOperator

@Suite("Gateway roster")
struct GatewayRosterTests {
    private static let a = RouteKey(namespace: "team-a", name: "a")
    private static let b = RouteKey(namespace: "team-a", name: "b")

    /// A roster behind a reference, so that an expectation can change it.
    private final class Roster {
        var roster: GatewayRoster

        init(limits: GatewayRoster.Limits = .init()) { roster = GatewayRoster(limits: limits) }

        var count: Int { roster.count }
        var strayCount: Int { roster.strayCount }
        var nextExpiry: Duration? { roster.nextExpiry }
        func publish(_ key: RouteKey, _ version: String, now: Duration) { roster.publish(key, version, now: now) }
        func withdraw(_ key: RouteKey) { roster.withdraw(key) }
        func expire(now: Duration) -> [RouteKey] { roster.expire(now: now) }
        func progress(of key: RouteKey, now: Duration) -> RouteProgress? { roster.progress(of: key, now: now) }
        func take(
            _ report: GatewayReport,
            from name: String,
            now: Duration
        ) -> (GatewayRoster.Reception, changed: [RouteKey]) {
            roster.take(report, from: name, now: now)
        }
    }

    /// A roster with the routes `a` and `b` in version 1, published at 0 s.
    private static func published(_ limits: GatewayRoster.Limits = .init()) -> Roster {
        let roster = Roster(limits: limits)
        roster.publish(a, "1", now: .zero)
        roster.publish(b, "1", now: .zero)
        return roster
    }

    private static func applied(_ version: String, _ keys: RouteKey..., isFull: Bool = false) -> GatewayReport {
        GatewayReport(
            revision: 1,
            isFull: isFull,
            entries: keys.map { .init(key: $0, version: version, outcome: .applied) }
        )
    }

    private static func rejected(_ key: RouteKey, _ reason: String = "R", _ message: String = "M.") -> GatewayReport {
        GatewayReport(
            revision: 1,
            isFull: false,
            entries: [.init(key: key, version: "1", outcome: .rejected(reason: reason, message: message))]
        )
    }

    private static let nothing = GatewayReport(revision: 1, isFull: true, entries: [])
    private static let alive = GatewayReport(revision: 1, isFull: false, entries: [])

    @Test("without a route there is no progress, and without a gateway nobody has it")
    func empty() {
        let roster = Self.published()
        #expect(roster.progress(of: RouteKey(namespace: "x", name: "y"), now: .zero) == nil)
        #expect(roster.progress(of: Self.a, now: .seconds(3))?.gateways == 0)
        #expect(roster.progress(of: Self.a, now: .seconds(3))?.age == .seconds(3))
        roster.withdraw(Self.a)
        #expect(roster.progress(of: Self.a, now: .seconds(3)) == nil)
        #expect(roster.nextExpiry == nil)
    }

    @Test("a gateway counts from its first full report on; a partial one of a stranger asks for a full one")
    func firstReport() {
        let roster = Self.published()
        #expect(roster.take(Self.applied("1", Self.a), from: "gw-1", now: .zero).0 == .unknown)
        #expect(roster.count == 0)
        #expect(roster.take(Self.applied("1", Self.a, isFull: true), from: "gw-1", now: .seconds(1)).0 == .taken)
        #expect(roster.count == 1)
        #expect(roster.progress(of: Self.a, now: .seconds(1))?.programmed == 1)
        #expect(
            roster.progress(of: Self.b, now: .seconds(2))?.laggards == [.init(gateway: "gw-1", lag: .seconds(1))],
            "It cannot be behind for longer than it has been here."
        )
    }

    @Test("a gateway is gone after 45 s of silence, and every report of it counts as life")
    func silence() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-1", now: .zero)
        #expect(roster.nextExpiry == .seconds(45))
        _ = roster.take(Self.alive, from: "gw-1", now: .seconds(30))
        #expect(roster.nextExpiry == .seconds(75))
        #expect(roster.expire(now: .seconds(75) - .nanoseconds(1)).isEmpty)
        #expect(Set(roster.expire(now: .seconds(75))) == [Self.a, Self.b])
        #expect(roster.count == 0)
        #expect(roster.take(Self.alive, from: "gw-1", now: .seconds(76)).0 == .unknown)
    }

    @Test("answers, refusals and their ends are news; saying the same again is none")
    func news() {
        let roster = Self.published()
        #expect(Set(roster.take(Self.nothing, from: "gw-1", now: .zero).changed) == [Self.a, Self.b])
        #expect(roster.take(Self.applied("1", Self.a), from: "gw-1", now: .zero).changed == [Self.a])
        #expect(roster.take(Self.applied("1", Self.a), from: "gw-1", now: .zero).changed == [])
        #expect(roster.take(Self.rejected(Self.b), from: "gw-1", now: .zero).changed == [Self.b])
        #expect(roster.take(Self.rejected(Self.b), from: "gw-1", now: .zero).changed == [])
        #expect(roster.take(Self.rejected(Self.b, "R", "N."), from: "gw-1", now: .zero).changed == [Self.b])
        #expect(roster.take(Self.applied("1", Self.b), from: "gw-1", now: .zero).changed == [Self.b])
        #expect(roster.progress(of: Self.b, now: .zero) == RouteProgress(gateways: 1, programmed: 1))
    }

    @Test("another gateway is news for the routes that it does not use, and its end for the same ones")
    func joinsAndLeaves() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-1", now: .zero)
        #expect(roster.take(Self.applied("1", Self.a, isFull: true), from: "gw-2", now: .zero).changed == [Self.b])
        _ = roster.take(Self.alive, from: "gw-1", now: .seconds(40))
        #expect(roster.expire(now: .seconds(45)) == [Self.b])
        #expect(roster.count == 1)
    }

    @Test("a new version is without answers, and a gateway that was behind stays so since then")
    func versions() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, isFull: true), from: "gw-1", now: .zero)
        _ = roster.take(Self.nothing, from: "gw-2", now: .seconds(1))
        roster.publish(Self.a, "2", now: .seconds(5))
        #expect(
            roster.progress(of: Self.a, now: .seconds(6))?.laggards == [
                .init(gateway: "gw-1", lag: .seconds(1)), .init(gateway: "gw-2", lag: .seconds(5)),
            ]
        )
        roster.publish(Self.a, "2", now: .seconds(7))
        #expect(roster.progress(of: Self.a, now: .seconds(8))?.age == .seconds(3))
        _ = roster.take(Self.applied("2", Self.a), from: "gw-2", now: .seconds(8))
        roster.publish(Self.a, "3", now: .seconds(9))
        #expect(
            roster.progress(of: Self.a, now: .seconds(10))?.laggards.last == .init(gateway: "gw-2", lag: .seconds(1))
        )
    }

    @Test("what a full report does not name is not held any more")
    func fullReport() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-1", now: .zero)
        #expect(
            roster.take(Self.applied("1", Self.a, isFull: true), from: "gw-1", now: .seconds(20)).changed == [Self.b]
        )
        #expect(roster.progress(of: Self.b, now: .seconds(21))?.laggards == [.init(gateway: "gw-1", lag: .seconds(1))])
    }

    @Test("a gateway that reads from a replica ahead of this one has answered once this one catches up")
    func ahead() {
        let roster = Self.published()
        let unknown = RouteKey(namespace: "team-a", name: "c")
        _ = roster.take(Self.applied("2", Self.a, unknown, isFull: true), from: "gw-1", now: .zero)
        #expect(roster.progress(of: Self.a, now: .zero)?.programmed == 0)
        roster.publish(Self.a, "2", now: .seconds(1))
        roster.publish(unknown, "2", now: .seconds(1))
        #expect(roster.progress(of: Self.a, now: .seconds(1)) == RouteProgress(gateways: 1, programmed: 1))
        #expect(roster.progress(of: unknown, now: .seconds(1))?.programmed == 1)
        #expect(roster.strayCount == 0)
    }

    @Test("an answer about another version says that the gateway does not hold this one, and counts for nothing else")
    func otherVersions() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-1", now: .zero)
        #expect(roster.take(Self.applied("0", Self.a), from: "gw-1", now: .seconds(1)).changed == [Self.a])
        #expect(roster.progress(of: Self.a, now: .seconds(2))?.laggards == [.init(gateway: "gw-1", lag: .seconds(1))])
        #expect(roster.take(Self.applied("0", Self.a), from: "gw-1", now: .seconds(1)).changed == [])
        #expect(roster.take(Self.applied("1", Self.a), from: "gw-1", now: .seconds(2)).changed == [Self.a])
        #expect(roster.strayCount == 0)
    }

    @Test("a gateway that has been behind for long is asked for a full report, now and then")
    func doubt() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, isFull: true), from: "gw-1", now: .zero)
        _ = roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-2", now: .zero)
        var asked: [Int] = []
        for second in stride(from: 5, through: 95, by: 5) {
            let reception = roster.take(Self.alive, from: "gw-1", now: .seconds(second)).0
            if reception == .doubtful { asked.append(second) }
            #expect(roster.take(Self.alive, from: "gw-2", now: .seconds(second)).0 == .taken)
        }
        #expect(asked == [30, 60, 90])
        #expect(
            roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-1", now: .seconds(96)).0 == .taken
        )
        #expect(roster.take(Self.alive, from: "gw-1", now: .seconds(130)).0 == .taken)
    }

    @Test("a route that comes in the place of one that is gone begins without answers")
    func reusedPlace() {
        let roster = Self.published()
        _ = roster.take(Self.applied("1", Self.a, Self.b, isFull: true), from: "gw-1", now: .zero)
        roster.withdraw(Self.a)
        let other = RouteKey(namespace: "team-b", name: "c")
        roster.publish(other, "1", now: .seconds(9))
        #expect(roster.progress(of: other, now: .seconds(10))?.laggards == [.init(gateway: "gw-1", lag: .seconds(1))])
        #expect(roster.progress(of: Self.b, now: .seconds(10))?.programmed == 1)
    }

    // MARK: Hostile reports

    @Test("10,000 strangers cost nothing, and full reports of 10,000 instances are counted up to the limit")
    func manyInstances() {
        let roster = Self.published()
        for index in 0..<10_000 {
            #expect(roster.take(Self.applied("1", Self.a), from: "gw-\(index)", now: .zero).0 == .unknown)
        }
        #expect(roster.count == 0)
        var refused = 0
        for index in 0..<10_000 where roster.take(Self.nothing, from: "gw-\(index)", now: .zero).0 == .refused {
            refused += 1
        }
        #expect((roster.count, refused) == (1_000, 9_000))
        _ = roster.expire(now: .seconds(45))
        #expect(roster.count == 0)
    }

    @Test(
        "a name that no pod can have is no gateway",
        arguments: ["", "a b", "a\nb", "ä", "../x", "a'b", String(repeating: "a", count: 254)]
    )
    func names(_ name: String) {
        let roster = Self.published()
        #expect(roster.take(Self.nothing, from: name, now: .zero).0 == .refused)
        #expect(roster.count == 0)
        #expect(roster.take(Self.nothing, from: "gw-1.example_x", now: .zero).0 == .taken)
    }

    @Test("answers about routes that nobody knows are kept up to a limit for all gateways together, and go with them")
    func unknownKeys() {
        let roster = Self.published(GatewayRoster.Limits(gateways: 10, strays: 50))
        for index in 0..<3 {
            let entries = (0..<40).map {
                GatewayReport.Entry(key: RouteKey(namespace: "n", name: "\($0)"), version: "1", outcome: .applied)
            }
            let report = GatewayReport(revision: 1, isFull: true, entries: entries + entries)
            #expect(roster.take(report, from: "gw-\(index)", now: .seconds(index)).0 == .taken)
        }
        #expect(roster.strayCount == 50)
        #expect(roster.progress(of: Self.a, now: .seconds(9))?.laggards.count == 3)
        _ = roster.take(Self.nothing, from: "gw-0", now: .seconds(9))
        #expect(roster.strayCount == 10)
        _ = roster.expire(now: .seconds(46))
        #expect(roster.strayCount == 0)
    }

    @Test("in a report that contradicts itself the last answer counts")
    func contradiction() {
        let roster = Self.published()
        let report = GatewayReport(
            revision: .min,
            isFull: true,
            entries: [
                .init(key: Self.a, version: "1", outcome: .applied),
                .init(key: Self.a, version: "1", outcome: .rejected(reason: "R", message: "")),
                .init(key: Self.b, version: "1", outcome: .applied),
                .init(key: Self.b, version: "0", outcome: .applied),
            ]
        )
        #expect(roster.take(report, from: "gw-1", now: .zero).0 == .taken)
        #expect(roster.progress(of: Self.a, now: .zero)?.rejections.map(\.reason) == ["R"])
        #expect(roster.progress(of: Self.b, now: .zero)?.programmed == 0)
    }

    @Test("the roster agrees with a plain model of it, whatever happens", arguments: 1...100 as ClosedRange<UInt64>)
    func model(_ seed: UInt64) {
        var numbers = SeededGenerator(seed: seed)
        let roster = Roster()
        var versions: [RouteKey: String] = [:]
        var held: [String: [RouteKey: String]] = [:]
        let keys = (0..<5).map { RouteKey(namespace: "n", name: "\($0)") }
        for step in 0..<300 {
            let key = keys[Int.random(in: 0..<5, using: &numbers)]
            let name = "gw-\(Int.random(in: 0..<3, using: &numbers))"
            let version = "\(Int.random(in: 0..<3, using: &numbers))"
            switch Int.random(in: 0..<8, using: &numbers) {
            case 0...1:
                roster.publish(key, version, now: .milliseconds(step))
                guard versions[key] != version else { break }
                // An answer is about one version, and gone with it.
                for name in held.keys where held[name]?[key] == versions[key] { held[name]?[key] = nil }
                versions[key] = version
            case 2:
                roster.withdraw(key)
                for name in held.keys where held[name]?[key] == versions[key] { held[name]?[key] = nil }
                versions[key] = nil
            case 3...6:
                let report = Self.applied(version, key)
                let isKnown = held[name] != nil
                #expect((roster.take(report, from: name, now: .milliseconds(step)).0 == .unknown) == !isKnown)
                if isKnown { held[name]?[key] = version }
            default:
                _ = roster.take(Self.applied(version, key, isFull: true), from: name, now: .milliseconds(step))
                held[name] = [key: version]
            }
            for key in keys {
                let progress = roster.progress(of: key, now: .milliseconds(step))
                #expect(
                    progress?.programmed == versions[key].map { version in held.values.count { $0[key] == version } }
                )
                #expect(progress?.gateways == versions[key].map { _ in held.count })
            }
        }
    }
}
