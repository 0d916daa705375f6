// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable
import Testing

@Suite("Stopping a reader")
struct RouteReaderStopTests {
    @Test("A reader that waits ends, and the others go on")
    func waiting() async throws {
        let broadcast = RouteBroadcast()
        var stopped = broadcast.makeReader()
        var other = broadcast.makeReader()
        while !stopped.isSynced { _ = try await stopped.next() }
        while !other.isSynced { _ = try await other.next() }
        let stop = stopped.stop
        let reader = stopped
        async let end = { () -> [UInt8]? in
            var reader = reader
            return try await reader.next()
        }()
        stop()
        #expect(try await end == nil)
        broadcast.beat()
        #expect(try await other.next() == RouteLine(.heartbeat).bytes)
    }

    @Test("A reader that was stopped before says nothing, and stopping twice is once")
    func before() async throws {
        let broadcast = RouteBroadcast()
        var reader = broadcast.makeReader()
        reader.stop()
        reader.stop()
        #expect(reader.stop.isStopped)
        #expect(try await reader.next() == nil)
    }

    @Test("A thousand stops at any moment all arrive")
    func race() async throws {
        let broadcast = RouteBroadcast()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<1_000 {
                let reader = broadcast.makeReader()
                group.addTask {
                    var reader = reader
                    while try await reader.next() != nil {}
                }
                group.addTask { reader.stop() }
            }
            try await group.waitForAll()
        }
    }
}
