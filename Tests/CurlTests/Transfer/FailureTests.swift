// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPTransport
import TestSupport
import Testing

@testable import Curl

@Suite("Failures of a transfer", .timeLimit(.minutes(10)))
struct FailureTests {
    private static func answering(_ text: String) throws -> SocketServer {
        try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.write(text)
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var answer: String
        var code: HTTPTransportError.Code
    }

    @Test(
        "A broken answer has a code that says so, and no word of it in the message",
        arguments: [
            Case(testDescription: "nothing", answer: "", code: .connectionLost),
            Case(testDescription: "no HTTP", answer: "SSH-2.0-hidden\r\n", code: .invalidResponse),
            Case(testDescription: "half a head", answer: "HTTP/1.1 200 OK\r\nX: hidden", code: .connectionLost),
            Case(
                testDescription: "half a body",
                answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhidden",
                code: .connectionLost
            ),
            Case(
                testDescription: "half a chunk",
                answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhidden",
                code: .connectionLost
            ),
            Case(
                testDescription: "a broken chunk",
                answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhidden\r\n",
                code: .invalidResponse
            ),
            Case(
                testDescription: "a length that is none",
                answer: "HTTP/1.1 200 OK\r\nContent-Length: hidden\r\n\r\n",
                code: .invalidResponse
            ),
        ]
    )
    func broken(_ example: Case) async throws {
        let server = try Self.answering(example.answer)
        let error = try await withClient { try await $0.failure(of: OutgoingRequest(.get, server.url("/p?q=hidden"))) }
        #expect(error.code == example.code, "\(error)")
        #expect(error.mayHaveBeenSent)
        #expect(!error.message.contains("hidden"))
        #expect(error.message.contains("GET http://127.0.0.1:\(server.port)/p'"))
    }

    @Test(
        "A body larger than accepted is refused, announced or not",
        arguments: [
            Case(
                testDescription: "announced",
                answer: "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
                code: .bodyTooLarge
            ),
            Case(
                testDescription: "chunked",
                answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n",
                code: .bodyTooLarge
            ),
            Case(testDescription: "until close", answer: "HTTP/1.1 200 OK\r\n\r\n12345678901", code: .bodyTooLarge),
        ]
    )
    func tooLarge(_ example: Case) async throws {
        let server = try Self.answering(example.answer)
        let error = try await withClient {
            try await $0.failure(of: OutgoingRequest(.get, server.url(), maximumResponseBody: 10))
        }
        #expect(error.code == .bodyTooLarge)
    }

    @Test("A body of exactly the accepted size is read")
    func largestBody() async throws {
        let server = try Self.answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890")
        let answer = try await withClient {
            try await $0.fetch(OutgoingRequest(.get, server.url(), maximumResponseBody: 10))
        }
        #expect(answer.text == "1234567890")
    }

    @Test("The length that an answer to HEAD announces is no body")
    func head() async throws {
        let server = try Self.answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        let answer = try await withClient {
            try await $0.fetch(OutgoingRequest(.head, server.url(), maximumResponseBody: 10))
        }
        #expect(answer.headers["Content-Length"] == "1000")
        #expect(answer.text.isEmpty)
    }

    @Test("A refused connection sent nothing")
    func refused() async throws {
        let (listener, port) = try LoopbackSocket.listen(backlog: 1)
        close(listener)
        let error = try await withClient {
            try await $0.failure(of: OutgoingRequest(.post, "http://127.0.0.1:\(port)/?q=hidden", body: .bytes([1])))
        }
        #expect(error.code == .connectionFailed)
        #expect(!error.mayHaveBeenSent)
        #expect(!error.message.contains("hidden"))
    }

    @Test("A name that does not resolve sent nothing")
    func noName() async throws {
        // Longer than a DNS label may be, so it fails without asking anybody.
        let host = String(repeating: "a", count: 64) + ".invalid"
        let error = try await withClient { try await $0.failure(of: OutgoingRequest(.get, "http://\(host)/")) }
        #expect(error.code == .nameResolution)
        #expect(!error.mayHaveBeenSent)
    }

    @Test(
        "An address that the rules forbid is not dialled, however it is written",
        arguments: ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"]
    )
    func forbidden(_ host: String) async throws {
        let server = try Self.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        try await withClient(HTTPClientConfiguration(addresses: .publicAnd([]))) { client in
            let error = try await client.failure(of: OutgoingRequest(.get, server.url(host: host)))
            #expect(error.code == .addressForbidden)
            #expect(!error.mayHaveBeenSent)
        }
        #expect(server.accepted == 0)
    }

    @Test("An address that the rules allow is dialled, and the others of its name are not")
    func allowed() async throws {
        let server = try Self.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let policy = AddressPolicy.publicAnd([try AddressRange(cidr: "127.0.0.0/8")])
        try await withClient(HTTPClientConfiguration(addresses: policy)) { (client) async throws in
            #expect(try await client.fetch(OutgoingRequest(.get, server.url(host: "localhost"))).status == 200)
        }
    }

    @Test("A shutdown ends what runs and what waits, and refuses what comes")
    func shutdown() async throws {
        let read = Latch<Void>()
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            read.signal()
            connection.waitForClose()
        }
        let transport = try CurlTransport()
        let client = try transport.makeClient(HTTPClientConfiguration(maximumRequestsPerHost: 1))
        let tasks = (0..<2).map { _ in
            Task { try await client.failure(of: OutgoingRequest(.get, server.url())) }
        }
        try await read.wait()
        await transport.shutdown()
        for task in tasks { #expect(try await task.value.code == .shutDown) }
        #expect(try await client.failure(of: OutgoingRequest(.get, server.url())).code == .shutDown)
        await transport.shutdown()
    }

    @Test("A transport that nobody holds any more ends by itself, but not before a body is read")
    func release() async throws {
        let closed = Latch<Void>()
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.respond("text")
            connection.waitForClose()
            closed.signal()
        }
        func open() async throws -> IncomingResponse {
            try await CurlTransport().makeClient(HTTPClientConfiguration()).send(OutgoingRequest(.get, server.url()))
        }
        let response = try await open()
        #expect(try await response.body.collect(upTo: 10) == Array("text".utf8))
        _ = consume response
        try await closed.wait()
    }
}
