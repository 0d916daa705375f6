// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Store", .timeLimit(.minutes(10)))
struct StoreTests {
    static let byColour = StoreIndex<Gadget, String>("colour") { [$0.colour] }

    func listed(_ gadgets: Gadget..., at version: String = "10") -> Store<Gadget> {
        let store = Store<Gadget>(indexes: [Self.byColour])
        store.replace(with: [gadgets.map { .valid($0) }], at: ResourceVersion(version))
        return store
    }

    @Test("T33: an object missing from a new list is told as deleted, after the store has changed, and may be outdated")
    func tombstone() {
        let store = listed(Gadget("a", version: 1), Gadget("b", version: 2))
        let changes = Changes(store)
        changes.clear()
        store.replace(with: [[.valid(Gadget("b", version: 2))]], at: ResourceVersion("20"))
        #expect(changes.all.map(\.key) == [key("a")])
        #expect(changes.all.first?.isTombstone == true)
        #expect(changes.all.first?.old == Gadget("a", version: 1))
        #expect(store[key("a")] == nil)
    }

    @Test("T34: a namesake with another UID is a replacement, from a list as from a watch", arguments: [true, false])
    func replacement(byList: Bool) {
        let store = listed(Gadget("a", version: 1))
        let changes = Changes(store)
        changes.clear()
        let reborn = Gadget("a", uid: "other", version: 12)
        if byList {
            store.replace(with: [[.valid(reborn)]], at: ResourceVersion("20"))
        } else {
            store.apply(.applied(.valid(reborn)))
        }
        #expect(changes.all.map(\.kind) == [.replaced])
        #expect(changes.all.first?.old?.metadata.uid == "uid-a")
        #expect(changes.all.first?.new?.metadata.uid == "other")
    }

    @Test("T35: a list of what is known already tells nothing")
    func identicalRelist() {
        let gadgets = (1...1_000).map { Gadget("w\($0)", version: $0) }
        let store = Store<Gadget>()
        store.replace(with: [gadgets.map { .valid($0) }], at: ResourceVersion("2000"))
        let changes = Changes(store)
        #expect(changes.all.count == 1_000)
        changes.clear()
        store.replace(with: [gadgets.reversed().map { .valid($0) }], at: ResourceVersion("3000"))
        #expect(changes.all.isEmpty)
        #expect(store.syncedTo() == ResourceVersion("3000"))
    }

    @Test("The first list is told at low priority, later changes at normal priority")
    func priorities() {
        let store = Store<Gadget>()
        let changes = Changes(store)
        store.replace(with: [[.valid(Gadget("a", version: 1))]], at: ResourceVersion("10"))
        store.apply(.applied(.valid(Gadget("a", version: 11))))
        store.replace(
            with: [[.valid(Gadget("a", version: 12)), .valid(Gadget("b", version: 13))]],
            at: ResourceVersion("20")
        )
        #expect(changes.all.map(\.priority) == [.low, .normal, .normal, .normal])
        #expect(changes.all.map(\.kind) == [.added, .updated, .updated, .added])
    }

    @Test("T36: ADDED of a known object updates it and MODIFIED of an unknown one adds it")
    func upsert() {
        let store = listed(Gadget("a", version: 1))
        store.apply(.applied(.valid(Gadget("a", version: 11, colour: "blue"))))
        store.apply(.applied(.valid(Gadget("b", version: 12))))
        #expect(store[key("a")]?.colour == "blue")
        #expect(store[key("b")] != nil)
    }

    @Test("T37: an object that leaves the selection leaves the store, by an event and not as a tombstone")
    func leavesSelection() {
        let store = listed(Gadget("a", version: 1))
        let changes = Changes(store)
        changes.clear()
        store.apply(.deleted(.valid(Gadget("a", version: 11))))
        #expect(store[key("a")] == nil)
        #expect(changes.all.map(\.kind) == [.deleted])
        #expect(changes.all.first?.isTombstone == false)
        #expect(store.syncedTo() == ResourceVersion("11"))
    }

    @Test("T38: an event older than what is stored changes nothing, whether it adds or deletes")
    func olderEvents() {
        let store = listed(Gadget("a", version: 100, colour: "blue"))
        let changes = Changes(store)
        changes.clear()
        store.apply(.applied(.valid(Gadget("a", version: 99))))
        store.apply(.applied(.valid(Gadget("a", version: 100))))
        store.apply(.deleted(.valid(Gadget("a", version: 99))))
        #expect(changes.all.isEmpty)
        #expect(store[key("a")]?.colour == "blue")
    }

    @Test("T39: versions that cannot be compared never hold an event back", arguments: ["0", "abc", "", "007"])
    func incomparable(version: String) {
        let store = listed(Gadget("a", version: 100))
        var gadget = Gadget("a", version: 1, colour: "blue")
        gadget.metadata.resourceVersion = ResourceVersion(version)
        store.apply(.applied(.valid(gadget)))
        #expect(store[key("a")]?.colour == "blue")
    }

    @Test("T39: versions of 25 digits are ordered by value, and 9 is before 10")
    func longVersions() {
        let store = listed(Gadget("a", version: 9))
        var gadget = Gadget("a", version: 10, colour: "blue")
        store.apply(.applied(.valid(gadget)))
        #expect(store[key("a")]?.colour == "blue")
        gadget.metadata.resourceVersion = ResourceVersion("1000000000000000000000001")
        store.apply(.applied(.valid(gadget)))
        gadget.metadata.resourceVersion = ResourceVersion("1000000000000000000000000")
        gadget.colour = "stale"
        store.apply(.applied(.valid(gadget)))
        #expect(store[key("a")]?.colour == "blue")
    }

    @Test("T40: an object that can no longer be read is neither served nor forgotten, and heals")
    func invalid() {
        let store = listed(Gadget("a", version: 1), Gadget("b", version: 2))
        let changes = Changes(store)
        changes.clear()
        store.apply(.applied(.broken("a", version: 11)))
        #expect(store[key("a")] == nil)
        #expect(store.snapshot().invalid[key("a")]?.metadata.name == "a")
        #expect(store.snapshot().keys(in: Self.byColour, for: "red") == [key("b")])
        store.apply(.applied(.valid(Gadget("a", version: 12))))
        #expect(store.snapshot().invalid.isEmpty)
        #expect(changes.all.map(\.kind) == [.invalidated, .updated])
    }

    @Test("A list with an item that has not even a name deletes nothing")
    func unreadable() {
        let store = listed(Gadget("a", version: 1))
        let unreadable = store.replace(
            with: [[.unreadable(.init("must be an object"))]],
            at: ResourceVersion("20")
        )
        #expect(unreadable == 1)
        #expect(store[key("a")] != nil)
    }

    @Test("A bookmark moves how far the store has followed, and nothing else")
    func bookmark() {
        let store = listed(Gadget("a", version: 1))
        store.apply(.bookmark(ResourceVersion("50")))
        #expect(store.syncedTo() == ResourceVersion("50"))
        #expect(store.snapshot().count == 1)
    }

    @Test("A snapshot stays as it was, indexes included")
    func snapshots() {
        let store = listed(Gadget("a", version: 1))
        let before = store.snapshot()
        store.apply(.applied(.valid(Gadget("a", version: 11, colour: "blue"))))
        #expect(before[key("a")]?.colour == "red")
        #expect(before.keys(in: Self.byColour, for: "red") == [key("a")])
        #expect(before.keys(in: Self.byColour, for: "blue").isEmpty)
        #expect(store.snapshot().keys(in: Self.byColour, for: "blue") == [key("a")])
    }

    @Test("Subscribers see the store as it is after the change they are told of")
    func storeFirst() {
        let store = listed(Gadget("a", version: 1))
        let colours = Recorded<String?>()
        store.subscribe { [unowned store] change in colours.append(store[change.key]?.colour) }
        store.apply(.applied(.valid(Gadget("a", version: 11, colour: "blue"))))
        store.apply(.deleted(.valid(Gadget("a", version: 12))))
        #expect(colours.all == ["red", "blue", nil])
    }

    @Test("Who subscribes late is told of everything there is, at low priority, and then of changes")
    func lateSubscriber() {
        let store = listed(Gadget("a", version: 1))
        store.apply(.applied(.broken("b", version: 11)))
        let changes = Changes(store)
        #expect(Set(changes.all.map(\.key)) == [key("a"), key("b")])
        #expect(changes.all.allSatisfy { $0.priority == .low })
    }

    @Test("An ended subscription is not told anything")
    func unsubscribe() {
        let store = listed()
        let names = Recorded<String>()
        let subscription = store.subscribe { names.append($0.key.name) }
        store.apply(.applied(.valid(Gadget("a", version: 11))))
        store.unsubscribe(subscription)
        store.apply(.applied(.valid(Gadget("b", version: 12))))
        #expect(names.all == ["a"])
    }

    @Test("A resync tells of every object again, at low priority")
    func resync() {
        let store = listed(Gadget("a", version: 1))
        let changes = Changes(store)
        changes.clear()
        store.resync()
        #expect(changes.all.map(\.kind) == [.resynced])
        #expect(changes.all.first?.priority == .low)
        #expect(changes.all.first?.old == changes.all.first?.new)
    }

    @Test("Objects are transformed once, before they are stored")
    func transform() {
        let store = Store<Gadget>(transform: { gadget in
            var gadget = gadget
            gadget.colour += "!"
            return gadget
        })
        store.replace(with: [[.valid(Gadget("a", version: 1))]], at: ResourceVersion("10"))
        store.replace(with: [[.valid(Gadget("a", version: 1))]], at: ResourceVersion("11"))
        store.apply(.applied(.valid(Gadget("b", version: 12))))
        #expect(store[key("a")]?.colour == "red!")
        #expect(store[key("b")]?.colour == "red!")
    }

    @Test("T74: a store of two namespaces has synced when both lists are in, and a list deletes in its own alone")
    func scopes() {
        let one = NamespaceScope.namespace("one")
        let two = NamespaceScope.namespace("two")
        let store = Store<Gadget>(scopes: [one, two])
        store.replace(with: [[.valid(Gadget("a", namespace: "one", version: 1))]], at: ResourceVersion("10"), in: one)
        #expect(!store.hasSynced)
        store.replace(with: [[.valid(Gadget("a", namespace: "two", version: 2))]], at: ResourceVersion("11"), in: two)
        #expect(store.hasSynced)
        store.replace(with: [[]], at: ResourceVersion("12"), in: two)
        #expect(store.snapshot().keys.sorted() == [key("a", in: "one")])
        #expect(store.syncedTo(in: one) == ResourceVersion("10"))
    }

    @Test("Waiting for the first list ends when subscribers have been told of it")
    func waitUntilSynced() async throws {
        let store = Store<Gadget>()
        let changes = Changes(store)
        async let synced: Int = {
            try await store.waitUntilSynced(timeout: .seconds(60))
            return changes.all.count
        }()
        store.replace(with: [[.valid(Gadget("a", version: 1))]], at: ResourceVersion("10"))
        #expect(try await synced == 1)
    }

    @Test("Waiting for a first list that does not come fails with the kind and what the server said")
    func syncTimeout() async throws {
        let clock = ManualClock()
        let store = Store<Gadget>()
        store.setProblem(APIError(.forbidden, "Could not list 'gadgets': not allowed."))
        let waiting = Task { try await store.waitUntilSynced(timeout: .seconds(120), clock: clock) }
        defer { waiting.cancel() }
        try await until("it waits") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(120))
        let error = await #expect(throws: StoreSyncError.self) { try await waiting.valueInTime() }
        #expect(error?.kind == "Gadget")
        #expect(error?.message.contains("Could not list 'gadgets': not allowed.") == true)
    }

    @Test("T76: of an object watched for its metadata nothing else is kept")
    func metadataOnly() throws {
        let store = Store<PartialObjectMetadata<Gadget>>()
        let item = DecodedObject.valid(
            try PartialObjectMetadata<Gadget>(
                json: ["metadata": ["name": "a", "namespace": "default", "resourceVersion": "1"], "colour": "secret"]
            )
        )
        store.replace(with: [[item]], at: ResourceVersion("10"))
        let stored = try #require(store[key("a")])
        #expect(Mirror(reflecting: stored).children.compactMap(\.label) == ["metadata"])
    }

    @Test("A random walk leaves store, indexes and what was told equal to a model", arguments: 1...20)
    func randomWalk(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let store = Store<Gadget>(indexes: [Self.byColour])
        store.replace(with: [[]], at: ResourceVersion("1"))
        let changes = Changes(store)
        var model: [ObjectKey: Gadget] = [:]
        for version in 2...400 {
            let name = "w\(Int.random(in: 0..<12, using: &generator))"
            let gadget = Gadget(
                name,
                uid: Bool.random(using: &generator) ? nil : "u\(version)",
                version: version,
                colour: ["red", "blue", "green"].randomElement(using: &generator) ?? "red"
            )
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<6:
                store.apply(.applied(.valid(gadget)))
                model[gadget.metadata.key] = gadget
            case 6..<9:
                store.apply(.deleted(.valid(gadget)))
                model[gadget.metadata.key] = nil
            default:
                model = model.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }
                model[gadget.metadata.key] = gadget
                let items = model.values.map { DecodedObject.valid($0) }
                store.replace(with: [items], at: ResourceVersion("\(version)"))
            }
        }
        let snapshot = store.snapshot()
        #expect(Dictionary(uniqueKeysWithValues: snapshot.objects.map { ($0.metadata.key, $0) }) == model)
        for colour in ["red", "blue", "green"] {
            let expected = model.values.filter { $0.colour == colour }.map(\.metadata.key)
            #expect(Set(snapshot.keys(in: Self.byColour, for: colour)) == Set(expected))
        }
        var told: [ObjectKey: Gadget] = [:]
        for change in changes.all {
            #expect(change.old == told[change.key])
            told[change.key] = change.new
        }
        #expect(told == model)
    }
}
