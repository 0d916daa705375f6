// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPTransport
import TestSupport
import Testing

@testable import Curl

@Suite("Deadlines of a transfer", .timeLimit(.minutes(10)))
struct DeadlineTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var deadlines: Deadlines
        var answer: String
        var says: String
    }

    @Test(
        "A deadline that passes ends the transfer, and the message says which one",
        arguments: [
            Case(
                testDescription: "head",
                deadlines: Deadlines(head: .milliseconds(50)),
                answer: "",
                says: "response head took longer than 0.05"
            ),
            Case(
                testDescription: "interim answers are no head",
                deadlines: Deadlines(head: .milliseconds(50)),
                answer: "HTTP/1.1 103 Early Hints\r\n\r\n",
                says: "response head"
            ),
            Case(
                testDescription: "idle",
                deadlines: Deadlines(idle: .milliseconds(50)),
                answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                says: "more of the response body"
            ),
            Case(
                testDescription: "total, without a head",
                deadlines: Deadlines(head: nil, total: .milliseconds(50)),
                answer: "",
                says: "whole exchange"
            ),
            Case(
                testDescription: "total, within the body",
                deadlines: Deadlines(idle: .seconds(30), total: .milliseconds(50)),
                answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                says: "whole exchange"
            ),
        ]
    )
    func passes(_ example: Case) async throws {
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.write(example.answer)
            connection.waitForClose()
        }
        let error = try await withClient {
            try await $0.failure(of: OutgoingRequest(.get, server.url("/?q=hidden"), deadlines: example.deadlines))
        }
        #expect(error.code == .timedOut)
        #expect(error.mayHaveBeenSent)
        #expect(error.message.contains(example.says))
        #expect(!error.message.contains("hidden"))
    }

    @Test("A connection that is never accepted runs into the deadline for connecting, and nothing was sent")
    func connect() async throws {
        // A full queue of a listener that accepts nobody: the kernel drops further attempts in silence.
        let (listener, port) = try LoopbackSocket.listen(backlog: 0)
        defer { close(listener) }
        try await withClient { client in
            let errors = await withTaskGroup(of: HTTPTransportError?.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let deadlines = Deadlines(connect: .milliseconds(300), head: .milliseconds(1_500))
                        let request = OutgoingRequest(.get, "http://127.0.0.1:\(port)/", deadlines: deadlines)
                        do { _ = try await client.fetch(request) } catch { return error as? HTTPTransportError }
                        return nil
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let connecting = errors.compactMap(\.self).filter { $0.message.contains("connecting took longer") }
            #expect(!connecting.isEmpty)
            #expect(connecting.allSatisfy { $0.code == .timedOut && !$0.mayHaveBeenSent })
        }
    }

    @Test("A request that waits for its turn behind others is overdue as well")
    func queued() async throws {
        let read = Latch<Void>()
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            read.signal()
            connection.waitForClose()
        }
        try await withClient(HTTPClientConfiguration(maximumRequestsPerHost: 1)) { client in
            let holding = Task { try await client.fetch(OutgoingRequest(.get, server.url())) }
            try await read.wait()
            let request = OutgoingRequest(.get, server.url(), deadlines: Deadlines(head: .milliseconds(50)))
            let error = try await client.failure(of: request)
            #expect(error.code == .timedOut)
            #expect(error.message.contains("waited for its turn"))
            #expect(!error.mayHaveBeenSent)
            holding.cancel()
            _ = await holding.result
        }
        #expect(server.requests.count == 1)
    }

    @Test("A reader that pauses is not the server's silence")
    func pausedReader() async throws {
        let total = 2 << 20
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.respond(String(repeating: "x", count: total))
            connection.waitForClose()
        }
        try await withClient { client in
            let request = OutgoingRequest(
                .get,
                server.url(),
                deadlines: Deadlines(idle: .milliseconds(200), total: nil),
                maximumResponseBody: nil
            )
            let response = try await client.send(request)
            // Held back for longer than the deadline: another exchange that takes its time stands for the wait.
            let slow = OutgoingRequest(.get, server.url(), deadlines: Deadlines(total: .milliseconds(600)))
            let silent = try SocketServer { $0.waitForClose() }
            var waiting = slow
            waiting.url = silent.url()
            _ = try await client.failure(of: waiting)
            #expect(try await response.body.collect(upTo: total).count == total)
        }
    }
}
