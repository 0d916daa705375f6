// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import Testing

@testable import MCPServerOperator

@Suite("Shared texts")
struct SharedTextsTests {
    static func status(_ message: String) -> MCPServerStatus {
        var status = MCPServerStatus()
        status.conditions = [
            Condition(
                type: "Ready",
                status: .false,
                observedGeneration: 1,
                lastTransitionTime: "2026-01-01T00:00:00Z",
                reason: "NoGateway",
                message: message
            )
        ]
        status.lastError = message
        return status
    }

    /// Where the bytes of a text lie.
    static func address(_ text: String) -> UInt? {
        unsafe text.utf8.withContiguousStorageIfAvailable { UInt(bitPattern: $0.baseAddress) }
    }

    @Test("A status stays equal, and equal texts become one copy")
    func shares() throws {
        let texts = SharedTexts()
        let message = String(repeating: "long ", count: 10)
        let first = texts.sharing(Self.status(message + "end"))
        let second = texts.sharing(Self.status(message + "end"))
        #expect(second == Self.status(message + "end"))
        let addresses = [first.conditions[0].message, second.conditions[0].message, second.lastError ?? ""]
            .map(Self.address)
        #expect(Set(addresses).count == 1)
    }

    @Test("Ever new texts do not add up")
    func isBounded() {
        let texts = SharedTexts()
        for number in 0..<3 * SharedTexts.capacity { _ = texts.sharing(Self.status("message \(number)")) }
        #expect(texts.count <= SharedTexts.capacity)
    }
}
