// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite("Task values", .timeLimit(.minutes(10)))
struct TaskValueTests {
    private static func endless() -> Task<Void, any Error> { Task { try await ManualClock().sleep(for: .seconds(1)) } }

    @Test("A task that ends by itself gives its value or its error")
    func ends() async throws {
        struct Failure: Error {}
        #expect(try await Task { () async throws -> Int in 7 }.valueInTime() == 7)
        await #expect(throws: Failure.self) { try await Task { throw Failure() }.valueInTime() }
    }

    @Test("A task that does not end is cancelled at the deadline")
    func endless() async {
        await #expect(throws: CancellationError.self) { try await Self.endless().valueInTime(.milliseconds(1)) }
    }

    @Test("A caller that is cancelled takes the task with it")
    func cancelled() async {
        let caller = Task { try await Self.endless().valueInTime() }
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
    }
}
