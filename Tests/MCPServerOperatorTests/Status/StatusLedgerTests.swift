// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import Testing

@testable import MCPServerOperator

@Suite("Status ledger")
struct StatusLedgerTests {
    static func metadata(version: String, uid: String = "1", generation: Int64 = 1) -> ObjectMeta {
        ObjectMeta(
            name: "todo",
            namespace: "team-a",
            uid: uid,
            resourceVersion: ResourceVersion(version),
            generation: generation
        )
    }

    static func ledger() -> StatusLedger {
        var ledger = StatusLedger()
        ledger.record(MCPServerStatus(), on: metadata(version: "5"), as: ResourceVersion("7"))
        return ledger
    }

    @Test("A written version is an echo once, and then forgotten")
    func echo() {
        var ledger = Self.ledger()
        let first = ledger.isEcho(Self.metadata(version: "7"))
        #expect(first)
        #expect(ledger.count == 0)
        let second = ledger.isEcho(Self.metadata(version: "7"))
        #expect(!second)
    }

    @Test("What was written is the newest, also when its echo comes while the object is read")
    func echoBetween() throws {
        var ledger = Self.ledger()
        let written = ledger.entry(Self.metadata(version: "5").key)
        var record = ServerRecord(try MCPServer.read(Manifest.server(auth: nil)))
        record.metadata = Self.metadata(version: "5")
        record.status = nil
        _ = ledger.isEcho(Self.metadata(version: "7"))
        #expect(ledger.newest(record, written) == MCPServerStatus())
        // Asked for afterwards it is gone, and what was read before is too old: the order matters.
        let late = ledger.entry(record.metadata.key)
        #expect(ledger.newest(record, late) == nil)
    }

    @Test("Once what is read is as new as the write, the write is forgotten, and no newer one with it")
    func caughtUp() throws {
        var ledger = Self.ledger()
        var record = ServerRecord(try MCPServer.read(Manifest.server(auth: nil)))
        record.metadata = Self.metadata(version: "7")
        record.status = nil
        let written = ledger.entry(record.metadata.key)
        #expect(ledger.newest(record, written) == nil)
        #expect(ledger.count == 0)
        ledger.record(MCPServerStatus(), on: Self.metadata(version: "7"), as: ResourceVersion("9"))
        #expect(ledger.newest(record, written) == nil)
        #expect(ledger.count == 1)
    }

    @Test(
        "What differs from the write in version, generation or uid is no echo",
        arguments: [
            metadata(version: "6"), metadata(version: "8"), metadata(version: "7", generation: 2),
            metadata(version: "7", uid: "2"),
        ]
    )
    func change(metadata: ObjectMeta) {
        var ledger = Self.ledger()
        let isEcho = ledger.isEcho(metadata)
        #expect(!isEcho)
        #expect(ledger.count == 1)
    }
}
