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
