// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HTTPTransport
import NIOConcurrencyHelpers
import Testing

@testable import Curl

@Suite("Streaming", .timeLimit(.minutes(10)))
struct StreamingTests {
    @Test("T62: A reader that does not read holds the server back, and loses nothing")
    func backPressure() async throws {
        let total = 64 * 1024 * 1024
        let blocked = Latch<Int>()
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            connection.setWriteTimeout(milliseconds: 300)
            let piece = [UInt8](repeating: 7, count: 65_536)
            var sent = 0
            while sent < total {
                let count = connection.write(sent == 0 ? piece : Array(piece.prefix(total - sent)))
                sent += count
                guard count == min(piece.count, total - sent + count) else { break }
            }
            blocked.signal(sent)
            connection.setWriteTimeout(milliseconds: 0)
            connection.write([UInt8](repeating: 7, count: total - sent))
        }
        try await withClient { client in
            let response = try await client.send(
                OutgoingRequest(.get, server.url(), maximumResponseBody: nil, trafficClass: .stream)
            )
            // What the kernel buffers on both ends is some megabytes; our own share is 256 KiB.
            #expect(try await blocked.wait() < total / 2)
            var received = 0
            for try await chunk in response.body { received += chunk.count }
            #expect(received == total)
        }
    }

    @Test("A request body is pulled no faster than the server reads")
    func uploadBackPressure() async throws {
        let pulled = NIOLockedValueBox(0)
        let server = try SocketServer { connection in
            guard connection.readHead() != nil, connection.read(count: 1 << 20) != nil else { return }
            connection.setWriteTimeout(milliseconds: 300)
            connection.respond("enough", headers: "Connection: close\r\n")
            connection.waitForClose()
        }
        let body = RequestBody {
            // The end comes far beyond what any buffer holds, so only the answer can end the pulling earlier.
            guard
                pulled.withLockedValue({
                    $0 += 65_536
                    return $0 < 1 << 30
                })
            else { return nil }
            return [UInt8](repeating: 1, count: 65_536)
        }
        try await withClient { client in
            let request = OutgoingRequest(.post, server.url(), body: .stream(body, length: nil))
            let response = try await client.send(request)
            #expect(response.status == 200)
        }
        #expect(pulled.withLockedValue { $0 } < 1 << 30)
    }

    @Test("A body that arrives late is waited for, and sent as it comes")
    func lateBody() async throws {
        let gate = Latch<Void>()
        let server = try SocketServer { connection in
            guard connection.readHead() != nil, connection.read(until: "one") != nil else { return }
            // The second chunk is let go only after the first arrived.
            gate.signal()
            guard connection.read(until: "two\r\n0\r\n\r\n") != nil else { return }
            connection.respond("both")
        }
        let count = NIOLockedValueBox(0)
        let body = RequestBody {
            switch count.withLockedValue({
                $0 += 1
                return $0
            }) {
            case 1: return Array("one".utf8)
            case 2:
                try await gate.wait()
                return Array("two".utf8)
            default: return nil
            }
        }
        try await withClient { (client) async throws in
            let request = OutgoingRequest(.post, server.url(), body: .stream(body, length: nil))
            #expect(try await client.fetch(request).text == "both")
        }
    }

    struct SourceError: Error, Equatable {}

    @Test("An error of the body's source ends the request, and is what the caller gets")
    func failingBody() async throws {
        let closed = Latch<Void>()
        let server = try SocketServer { connection in
            connection.waitForClose()
            closed.signal()
        }
        try await withClient { client in
            let request = OutgoingRequest(
                .post,
                server.url(),
                body: .stream(RequestBody { throw SourceError() }, length: 9)
            )
            await #expect(throws: SourceError.self) { _ = try await client.send(request) }
            try await closed.wait()
        }
    }

    @Test("The source of a body is cancelled when its request ends")
    func cancelledSource() async throws {
        let cancelled = Latch<Void>()
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.respond(headers: "Connection: close\r\n")
        }
        let body = RequestBody {
            // Waits for what never comes, until it is cancelled.
            let never = Latch<Void>()
            do { try await never.wait() } catch { cancelled.signal() }
            return nil
        }
        try await withClient { client in
            let request = OutgoingRequest(.post, server.url(), body: .stream(body, length: nil))
            _ = try await client.send(request)
            try await cancelled.wait()
        }
    }

    @Test("A body shorter or longer than declared is an error", arguments: [2, 4])
    func wrongLength(_ length: Int) async throws {
        let server = try SocketServer { $0.waitForClose() }
        let isRead = NIOLockedValueBox(false)
        let body = RequestBody {
            isRead.withLockedValue { isRead in
                defer { isRead = true }
                return isRead ? nil : Array("abc".utf8)
            }
        }
        let error = try await withClient {
            try await $0.failure(of: OutgoingRequest(.put, server.url(), body: .stream(body, length: length)))
        }
        #expect(error.code == .invalidRequest)
        #expect(error.message.contains("length"))
    }

    @Test("Pieces are handed on as they arrive, long before the end")
    func pieces() async throws {
        let isRead = DispatchSemaphore(value: 0)
        let server = try SocketServer { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n3\r\none\r\n")
            // The rest is let go only once the first piece was read.
            isRead.wait()
            connection.write("3\r\ntwo\r\n0\r\nX-Trailer: ignored\r\n\r\n")
        }
        try await withClient { client in
            let response = try await client.send(OutgoingRequest(.get, server.url(), trafficClass: .stream))
            var body = response.body.makeAsyncIterator()
            #expect(try await body.next() == Array("one".utf8))
            isRead.signal()
            #expect(try await body.next() == Array("two".utf8))
            #expect(try await body.next() == nil)
            #expect(response.headers["x-a"] == "1")
            #expect(response.headers["X-Trailer"] == nil)
        }
    }
}
