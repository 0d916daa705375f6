// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("Requests on the wire", .timeLimit(.minutes(10)))
struct RequestTests {
    private static func echo() throws -> SocketServer {
        try SocketServer { connection in
            while let (_, body) = connection.readRequest() { connection.respond(String(decoding: body, as: UTF8.self)) }
        }
    }

    @Test("A GET carries what the caller gave, and nothing that curl would add")
    func exactBytes() async throws {
        let server = try Self.echo()
        let answer = try await withClient(HTTPClientConfiguration(userAgent: "agent/1")) { client in
            try await client.fetch(
                OutgoingRequest(.get, server.url("/a/../b;c?d=%20e&f#part"), headers: ["X-Empty": "", "X-One": "1"])
            )
        }
        #expect(answer.status == 200)
        #expect(
            server.requests == [
                "GET /a/../b;c?d=%20e&f HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nX-Empty:\r\nX-One: 1\r\n"
                    + "User-Agent: agent/1"
            ]
        )
    }

    struct BodyCase: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var method: OutgoingRequest.Method
        var body: OutgoingRequest.Body
        var framing: String?
        var received: String
    }

    private static func stream(_ chunks: String...) -> RequestBody {
        let source = ResponseBody(chunks: chunks.map { Array($0.utf8) })
        let iterator = Pulled(source)
        return RequestBody { try await iterator.next() }
    }

    private actor Pulled {
        private var chunks: [[UInt8]] = []
        private let source: ResponseBody
        private var isRead = false
        init(_ source: ResponseBody) { self.source = source }
        func next() async throws -> [UInt8]? {
            if !isRead {
                for try await chunk in source { chunks.append(chunk) }
                isRead = true
            }
            return chunks.isEmpty ? nil : chunks.removeFirst()
        }
    }

    @Test(
        "A body goes out with the framing of its kind",
        arguments: [
            BodyCase(
                testDescription: "POST bytes",
                method: .post,
                body: .bytes(Array("abc".utf8)),
                framing: "Content-Length: 3",
                received: "abc"
            ),
            BodyCase(
                testDescription: "PATCH empty",
                method: .patch,
                body: .bytes([]),
                framing: "Content-Length: 0",
                received: ""
            ),
            BodyCase(
                testDescription: "POST none",
                method: .post,
                body: .none,
                framing: "Content-Length: 0",
                received: ""
            ),
            BodyCase(testDescription: "DELETE none", method: .delete, body: .none, framing: nil, received: ""),
            BodyCase(
                testDescription: "DELETE bytes",
                method: .delete,
                body: .bytes(Array("x".utf8)),
                framing: "Content-Length: 1",
                received: "x"
            ),
            BodyCase(
                testDescription: "PUT stream with length",
                method: .put,
                body: .stream(stream("ab", "", "cd"), length: 4),
                framing: "Content-Length: 4",
                received: "abcd"
            ),
        ]
    )
    func framing(_ example: BodyCase) async throws {
        let server = try Self.echo()
        let answer = try await withClient {
            try await $0.fetch(OutgoingRequest(example.method, server.url(), body: example.body))
        }
        #expect(answer.text == example.received)
        let head = try #require(server.requests.first)
        #expect(head.hasPrefix("\(example.method) / HTTP/1.1\r\n"))
        let framing = head.split(separator: "\r\n").map(String.init).filter {
            $0.hasPrefix("Content-Length") || $0.hasPrefix("Transfer-Encoding") || $0.hasPrefix("Expect")
        }
        #expect(framing == [example.framing].compactMap(\.self))
        #expect(!head.contains("Content-Type") && !head.contains("Accept"))
    }

    @Test("A stream without a length is sent in chunks")
    func chunked() async throws {
        let server = try SocketServer { connection in
            guard connection.readHead() != nil, let body = connection.read(until: "0\r\n\r\n") else { return }
            connection.respond(body)
        }
        let answer = try await withClient {
            try await $0.fetch(
                OutgoingRequest(.post, server.url(), body: .stream(Self.stream("ab", "cde"), length: nil))
            )
        }
        #expect(answer.text == "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
        #expect(server.requests.first?.contains("Transfer-Encoding: chunked") == true)
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var method = OutgoingRequest.Method.get
        var path = "/"
        var headers: HTTPHeaders = [:]
        var body = OutgoingRequest.Body.none
    }

    @Test(
        "What could be read as a second request is refused before anything is sent",
        arguments: [
            Refused(testDescription: "CR in a value", headers: ["X": "secret-value\rY: 1"]),
            Refused(testDescription: "LF in a value", headers: ["X": "secret-value\nY: 1"]),
            Refused(testDescription: "NUL in a value", headers: ["X": "secret-value\0"]),
            Refused(testDescription: "CR LF as one character", headers: ["X": "secret-value\r\n"]),
            Refused(testDescription: "colon in a name", headers: ["X:Y": "secret-value"]),
            Refused(testDescription: "LF in a name", headers: ["X\nY": "secret-value"]),
            Refused(testDescription: "empty name", headers: ["": "secret-value"]),
            Refused(testDescription: "own length", headers: ["content-length": "secret-value"]),
            Refused(testDescription: "own framing", headers: ["Transfer-Encoding": "secret-value"]),
            Refused(testDescription: "LF in the URL", path: "/?q=secret-value\n"),
            Refused(testDescription: "space in the URL", path: "/?q=secret-value HTTP/1.1"),
            Refused(testDescription: "LF in the method", method: .init(rawValue: "GET /\n")),
            Refused(testDescription: "CONNECT", method: .init(rawValue: "CONNECT")),
            Refused(testDescription: "HEAD with a body", method: .head, body: .bytes(Array("secret-value".utf8))),
        ]
    )
    func refused(_ example: Refused) async throws {
        let server = try Self.echo()
        let error = try await withClient {
            try await $0.failure(
                of: OutgoingRequest(
                    example.method,
                    server.url(example.path),
                    headers: example.headers,
                    body: example.body
                )
            )
        }
        #expect(error.code == .invalidRequest)
        #expect(!error.mayHaveBeenSent)
        #expect(!error.message.contains("secret-value"))
        #expect(server.accepted == 0)
    }

    @Test("A redirect is an answer like any other")
    func redirect() async throws {
        let server = try SocketServer { connection in
            while connection.readHead() != nil {
                connection.respond(status: "302 Found", headers: "Location: /elsewhere\r\n")
            }
        }
        let answer = try await withClient { try await $0.fetch(OutgoingRequest(.get, server.url())) }
        #expect(answer.status == 302)
        #expect(server.requests.count == 1)
    }

    @Test("Connections are kept and used again")
    func pooled() async throws {
        let server = try Self.echo()
        try await withClient { client in
            for _ in 0..<5 { _ = try await client.fetch(OutgoingRequest(.get, server.url())) }
        }
        #expect(server.requests.count == 5)
        #expect(server.accepted == 1)
    }

    @Test("Two clients never share a connection")
    func separatePools() async throws {
        let server = try Self.echo()
        let transport = try CurlTransport()
        for _ in 0..<2 {
            let client = try transport.makeClient(HTTPClientConfiguration())
            _ = try await client.fetch(OutgoingRequest(.get, server.url()))
        }
        await transport.shutdown()
        #expect(server.accepted == 2)
    }
}
