// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("A lost connection", .timeLimit(.minutes(10)))
struct ResendTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var method: OutgoingRequest.Method
        var body = OutgoingRequest.Body.none
        var mayBeResent = false
    }

    /// Answers the first request on each connection and closes without a byte after reading the second.
    private static func unreliable() throws -> SocketServer {
        try SocketServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.respond("connection \(connection.number)")
            _ = connection.readRequest()
        }
    }

    private static func oneChunk() -> RequestBody {
        let chunks = ResponseBody(bytes: Array("{}".utf8))
        return RequestBody {
            var iterator = chunks.makeAsyncIterator()
            return try await iterator.next()
        }
    }

    @Test(
        "A request is delivered once, and its loss is an error",
        arguments: [
            Case(testDescription: "POST with a body", method: .post, body: .bytes(Array("{}".utf8))),
            Case(testDescription: "POST without a body", method: .post),
            Case(testDescription: "POST of an empty body", method: .post, body: .bytes([])),
            Case(testDescription: "POST of a stream", method: .post, body: .stream(oneChunk(), length: 2)),
            Case(testDescription: "PATCH with a body", method: .patch, body: .bytes(Array("{}".utf8))),
            Case(testDescription: "DELETE without a body", method: .delete),
            Case(testDescription: "GET", method: .get),
        ]
    )
    func deliveredOnce(_ example: Case) async throws {
        let server = try Self.unreliable()
        try await withClient { client in
            _ = try await client.fetch(OutgoingRequest(.get, server.url("/first")))
            let error = try await client.failure(
                of: OutgoingRequest(example.method, server.url("/second?token=hidden"), body: example.body)
            )
            #expect(error.code == .connectionLost)
            #expect(error.mayHaveBeenSent)
            #expect(!error.message.contains("hidden"))
        }
        #expect(server.requests.count { $0.contains("/second") } == 1)
    }

    @Test(
        "A request that may be resent is sent again on a new connection",
        arguments: [
            Case(testDescription: "GET", method: .get, mayBeResent: true),
            Case(testDescription: "PUT with a body", method: .put, body: .bytes(Array("{}".utf8)), mayBeResent: true),
        ]
    )
    func sentAgain(_ example: Case) async throws {
        let server = try Self.unreliable()
        try await withClient { client in
            _ = try await client.fetch(OutgoingRequest(.get, server.url("/first")))
            let request = OutgoingRequest(example.method, server.url("/second"), body: example.body, mayBeResent: true)
            #expect(try await client.fetch(request).text == "connection 2")
        }
        #expect(server.requests.count { $0.contains("/second") } == 2)
    }
}
