// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable
import Testing

@Suite("Route table state")
struct RouteTableStateTests {
    enum Phase: String, CaseIterable {
        case disconnected, building, following

        /// A state of the phase, which serves nothing yet unless it follows.
        func make() throws -> RouteTableState {
            var state = RouteTableState()
            if self == .disconnected { return state }
            _ = try state.apply(.reset(revision: 5, count: 1))
            if self == .building { return state }
            _ = try state.apply(.put(revision: 5, Sample.versioned("a")))
            _ = try state.apply(.synced(revision: 5))
            return state
        }
    }

    struct Row: CustomTestStringConvertible {
        var phase: Phase
        var event: RouteEvent
        /// `none`, `swapped`, `changed` or the error's code.
        var result: String
        var isFollowing: Bool

        init(_ phase: Phase, _ event: RouteEvent, _ result: String, isFollowing: Bool) {
            (self.phase, self.event, self.result, self.isFollowing) = (phase, event, result, isFollowing)
        }

        var testDescription: String { "\(phase), \(event.kind.rawValue): \(result)" }
    }

    private static let a = Sample.versioned("a").route.key

    static let rows = [
        Row(.disconnected, .reset(revision: 1, count: 0), "none", isFollowing: false),
        Row(.disconnected, .put(revision: 1, Sample.versioned("b")), "unexpectedEvent", isFollowing: false),
        Row(.disconnected, .keep(a), "unexpectedEvent", isFollowing: false),
        Row(.disconnected, .delete(revision: 1, a), "unexpectedEvent", isFollowing: false),
        Row(.disconnected, .synced(revision: 1), "unexpectedEvent", isFollowing: false),
        Row(.disconnected, .heartbeat, "unexpectedEvent", isFollowing: false),
        Row(.building, .reset(revision: 6, count: 0), "none", isFollowing: false),
        Row(.building, .put(revision: 2, Sample.versioned("b")), "none", isFollowing: false),
        Row(.building, .keep(a), "none", isFollowing: false),
        Row(.building, .delete(revision: 6, a), "unexpectedEvent", isFollowing: false),
        Row(.building, .synced(revision: 5), "incomplete", isFollowing: false),
        Row(.building, .heartbeat, "none", isFollowing: false),
        Row(.following, .reset(revision: 1, count: 0), "none", isFollowing: false),
        Row(.following, .put(revision: 6, Sample.versioned("b")), "changed", isFollowing: true),
        Row(.following, .put(revision: 5, Sample.versioned("b")), "unexpectedEvent", isFollowing: true),
        Row(.following, .keep(a), "unexpectedEvent", isFollowing: true),
        Row(.following, .delete(revision: 6, a), "changed", isFollowing: true),
        Row(.following, .delete(revision: 4, a), "unexpectedEvent", isFollowing: true),
        Row(.following, .synced(revision: 6), "unexpectedEvent", isFollowing: true),
        Row(.following, .heartbeat, "none", isFollowing: true),
    ]

    @Test("each event does in each phase what the table says", arguments: rows)
    func transition(_ row: Row) throws {
        var state = try row.phase.make()
        let before = state.snapshot
        let result: String
        do {
            switch try state.apply(row.event) {
            case .none: result = "none"
            case .swapped: result = "swapped"
            case .changed: result = "changed"
            }
        } catch { result = error.code.rawValue }
        #expect(result == row.result)
        #expect(state.isFollowing == row.isFollowing)
        if result != "changed" {
            #expect(state.snapshot.revision == before.revision)
            #expect(state.snapshot.sorted == before.sorted)
        }
    }

    @Test("there is a row for each phase and each type of event")
    func completeness() {
        let covered = Set(Self.rows.map { "\($0.phase) \($0.event.kind.rawValue)" })
        #expect(covered.count == Phase.allCases.count * RouteEvent.Kind.allCases.count)
    }

    @Test("a table is swapped when it is complete, and what the stream did not name is gone")
    func swap() throws {
        var state = try Phase.following.make()
        _ = try state.apply(.reset(revision: 9, count: 2))
        _ = try state.apply(.put(revision: 7, Sample.versioned("b")))
        _ = try state.apply(.put(revision: 3, Sample.versioned("c")))
        #expect(state.snapshot.sorted.map(\.route.key.name) == ["a"])
        guard case .swapped(let swapped) = try state.apply(.synced(revision: 9)) else {
            Issue.record("The table was not swapped.")
            return
        }
        #expect(swapped.sorted.map(\.route.key.name) == ["b", "c"])
        #expect(swapped.revision == 9)
        #expect(state.isFollowing && state.hasSynced)
    }

    @Test("a table with too few routes, too many, or one twice is not taken over", arguments: [0, 2, 3])
    func counts(_ announced: Int) throws {
        var state = try Phase.following.make()
        _ = try state.apply(.reset(revision: 9, count: announced))
        _ = try state.apply(.put(revision: 9, Sample.versioned("b")))
        if announced == 2 { _ = try state.apply(.put(revision: 9, Sample.versioned("b", 2))) }
        let error = #expect(throws: RouteStreamError.self) { try state.apply(.synced(revision: 9)) }
        #expect(error?.code == .incomplete)
        #expect(state.snapshot.sorted.map(\.route.key.name) == ["a"])
    }

    @Test("a route that is to be kept comes over from the old table, and one that is not there is no fault")
    func keep() throws {
        var state = try Phase.following.make()
        let kept = state.snapshot[Self.a]
        _ = try state.apply(.reset(revision: 9, count: 3))
        _ = try state.apply(.keep(Self.a))
        _ = try state.apply(.keep(Sample.versioned("c").route.key))
        _ = try state.apply(.put(revision: 7, Sample.versioned("b")))
        _ = try state.apply(.synced(revision: 9))
        #expect(state.snapshot.sorted.map(\.route.key.name) == ["a", "b"])
        #expect(state.snapshot[Self.a] == kept)
        _ = try state.apply(.delete(revision: 10, Self.a))
        #expect(state.snapshot.sorted.map(\.route.key.name) == ["b"])
    }

    @Test("a key that is to be kept counts once, however often it comes", arguments: ["a", "c"])
    func keptTwice(_ name: String) throws {
        var state = try Phase.following.make()
        _ = try state.apply(.reset(revision: 9, count: 2))
        for _ in 1...2 { _ = try state.apply(.keep(Sample.versioned(name).route.key)) }
        let error = #expect(throws: RouteStreamError.self) { try state.apply(.synced(revision: 9)) }
        #expect(error?.code == .incomplete)
    }

    @Test("a stream that is lost while building leaves what is served as it was, and the next one starts over")
    func loss() throws {
        var state = try Phase.following.make()
        _ = try state.apply(.reset(revision: 9, count: 1))
        _ = try state.apply(.put(revision: 9, Sample.versioned("b")))
        state.disconnect()
        #expect(!state.isFollowing && state.hasSynced)
        #expect(state.snapshot.sorted.map(\.route.key.name) == ["a"])
        // Another replica counts its revisions by itself.
        _ = try state.apply(.reset(revision: 1, count: 1))
        _ = try state.apply(.put(revision: 1, Sample.versioned("c")))
        _ = try state.apply(.synced(revision: 1))
        #expect(state.snapshot.sorted.map(\.route.key.name) == ["c"])
        _ = try state.apply(.delete(revision: 2, Sample.versioned("c").route.key))
        #expect(state.snapshot.count == 0)
    }

    @Test("before the first table nothing is served, and nothing has been synced")
    func empty() throws {
        var state = try Phase.building.make()
        #expect(!state.hasSynced)
        #expect(state.snapshot.revision == 0)
        state.disconnect()
        #expect(!state.hasSynced)
    }
}
