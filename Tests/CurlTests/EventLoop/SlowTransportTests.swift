// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Curl

/// Run by `make test-slow` alone: the figures are of the whole process, so nothing else may run beside them.
@Suite("Slow: transport under load", .serialized, .timeLimit(.minutes(10)))
struct SlowTransportTests {
    private static func echo() throws -> SocketServer {
        try SocketServer { connection in
            while connection.readRequest() != nil { connection.respond(String(repeating: "x", count: 1_024)) }
        }
    }

    private static func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    /// Memory that belongs to the process alone, in KiB.
    private static func memory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try #require(Int(line.split(separator: " ", omittingEmptySubsequences: true)[1]))
    }

    private func run(_ count: Int, _ client: any HTTPClient, _ url: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<count / 64 {
                        let answer = try await client.fetch(OutgoingRequest(.get, url))
                        guard answer.text.count == 1_024 else { throw URLError(.cannotParseResponse) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("50,000 requests leave memory and descriptors as they were")
    func flat() async throws {
        let server = try Self.echo()
        try await withClient { client in
            try await run(5_000, client, server.url())
            let (memory, descriptors) = (try Self.memory(), try Self.descriptors())
            let start = ContinuousClock.now
            try await run(50_000, client, server.url())
            let time = start.duration(to: .now)
            let growth = try Self.memory() - memory
            print(
                "50,000 requests: \(Int(50_000 / (time / .seconds(1)))) a second, \(growth) KiB more, \(server.accepted) connections"
            )
            #expect(growth < 4_096)
            #expect(try Self.descriptors() <= descriptors)
            #expect(server.accepted <= 64)
        }
    }

    @Test("Thousands of requests cancelled at any moment leave nothing behind")
    func cancelled() async throws {
        let server = try Self.echo()
        // The runtime's first sleep opens a timer of its own.
        try await Task.sleep(for: .milliseconds(1))
        let before = try Self.descriptors()
        try await withClient { client in
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<30 {
                let delays = (0..<100).map { _ in Duration.microseconds(Int.random(in: 0...4_000, using: &generator)) }
                await withTaskGroup(of: Void.self) { group in
                    for delay in delays {
                        group.addTask {
                            let task = Task { try await client.fetch(OutgoingRequest(.get, server.url())) }
                            // A random moment is what is tested; both outcomes are right.
                            do { try await Task.sleep(for: delay) } catch {}
                            task.cancel()
                            _ = await task.result
                        }
                    }
                }
            }
            try await run(1_280, client, server.url())
        }
        // The server's threads close their ends once they have seen the client's.
        #expect(try await eventually { try Self.descriptors() <= before })
    }

    @Test("Transports come and go without leaving a descriptor")
    func comeAndGo() async throws {
        let server = try Self.echo()
        let before = try Self.descriptors()
        for _ in 0..<200 {
            try await withClient { client in _ = try await client.fetch(OutgoingRequest(.get, server.url())) }
        }
        #expect(try await eventually { try Self.descriptors() <= before })
    }
}
