// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import TestSupport
import Testing
import Timing

@testable import GatewayService

@Suite("Connections of clients", .timeLimit(.minutes(10)))
struct ClientConnectionTests {
    @Test("What is done for a client is cancelled when it leaves, and not begun if it has left")
    func leaving() async throws {
        let connection = ClientConnection()
        let hasStarted = Latch()
        async let work: Bool = connection.whileOpen {
            hasStarted.open()
            await Latch().wait()
            return Task.isCancelled
        }
        await hasStarted.wait()
        connection.leave()
        #expect(try await work)
        await #expect(throws: CancellationError.self) { try await connection.whileOpen { Issue.record("It begins") } }
    }

    @Test("Only what was asked for last happens, once, and nothing that was taken back")
    func actions() {
        let connection = ClientConnection()
        let calls = NIOLockedValueBox<[String]>([])
        func note(_ word: String) -> @Sendable () -> Void { { calls.withLockedValue { $0.append(word) } } }
        connection.onShutdown(note("stop 1"))
        connection.onShutdown(nil)
        connection.shutDown()
        connection.onShutdown(note("stop 2"))
        connection.onLeaving(note("leave 1"))
        connection.onLeaving(note("leave 2"))
        connection.leave()
        connection.leave()
        connection.onLeaving(note("leave 3"))
        #expect(calls.withLockedValue { $0 } == ["stop 2", "leave 2", "leave 3"])
    }
}
