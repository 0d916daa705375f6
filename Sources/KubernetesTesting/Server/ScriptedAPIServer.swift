// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// An HTTP/1.1 server on a loopback port that does to each request exactly what a script says, byte by byte.
///
/// For the faults a real API server does not produce on demand: truncated bodies, resets, silence, wrong framing. It
/// lives inside ``withServer(_:_:)``.
package final class ScriptedAPIServer: Sendable {
    /// Decides what happens to a request.
    ///
    /// `number` counts all requests from 0.
    package typealias Script = @Sendable (_ request: ReceivedRequest, _ number: Int) async -> [ServerStep]

    private struct State {
        var requests: [ReceivedRequest] = []
        var connections = 0
        var openConnections = 0
    }

    /// The loopback port it listens on.
    package let port: Int
    private let state = NIOLockedValueBox(State())
    private let script: Script

    private init(port: Int, script: @escaping Script) {
        self.port = port
        self.script = script
    }

    /// `http://127.0.0.1:<port>`.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Every request so far, in order of arrival.
    package var requests: [ReceivedRequest] { state.withLockedValue { $0.requests } }
    /// How many connections were accepted.
    package var connectionCount: Int { state.withLockedValue { $0.connections } }
    /// How many connections are open now.
    package var openConnectionCount: Int { state.withLockedValue { $0.openConnections } }

    /// Runs a server for the length of `body`.
    ///
    /// - Parameters:
    ///   - port: The port to listen on; 0 picks a free one.
    ///   - script: What happens to each request.
    ///   - body: The test.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and `IOError` if the port cannot be bound.
    package static func withServer<Result: Sendable>(
        port: Int = 0,
        _ script: @escaping Script,
        _ body: @Sendable (ScriptedAPIServer) async throws -> Result
    ) async throws -> Result {
        let accepted = NIOLockedValueBox<[any Channel]>([])
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Nothing is read before there is someone to read it.
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: port) { channel in
                accepted.withLockedValue { $0.append(channel) }
                return channel.eventLoop.makeSucceededFuture(channel)
            }
        let server = ScriptedAPIServer(port: listener.channel.localAddress?.port ?? 0, script: script)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Also those that were accepted while the server was stopping, and that nobody served.
                defer { for channel in accepted.withLockedValue({ $0 }) { channel.close(promise: nil) } }
                try await server.accept(on: listener)
            }
            defer { group.cancelAll() }
            return try await body(server)
        }
    }

    private func accept(on listener: NIOAsyncChannel<any Channel, Never>) async throws {
        try await listener.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients {
                    let number = state.withLockedValue { state in
                        defer { state.connections += 1 }
                        state.openConnections += 1
                        return state.connections
                    }
                    group.addTask {
                        // A client that breaks its connection is what these tests are about, not a failure of theirs.
                        do { try await self.serve(Self.wrapped(client), number: number) } catch {}
                        self.state.withLockedValue { $0.openConnections -= 1 }
                    }
                }
            }
        }
    }

    private static func wrapped(_ channel: any Channel) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await channel.eventLoop.submit {
            // A pipeline that was torn down already would keep the handlers it gets now for ever.
            guard channel.isActive else { throw ChannelError.alreadyClosed }
            let wrapped = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
            return wrapped
        }
        .get()
    }

    private func serve(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, number: Int) async throws {
        try await client.executeThenClose { inbound, outbound in
            var parser = RequestParser(connection: number)
            var reading = inbound.makeAsyncIterator()
            while let buffer = try await reading.next() {
                parser.append(buffer.readableBytesView)
                while let request = parser.next() {
                    let index = state.withLockedValue { state in
                        state.requests.append(request)
                        return state.requests.count - 1
                    }
                    for step in await script(request, index) {
                        switch try await perform(step, outbound: outbound) {
                        case .next: continue
                        case .silence:
                            // Reading on keeps the connection; nothing that arrives is answered.
                            while try await reading.next() != nil {}
                            return
                        case .close: return
                        case .reset:
                            // Closing with a zero linger time sends RST in place of FIN.
                            let socket = client.channel as? any SocketOptionProvider
                            try await socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                            return
                        }
                    }
                }
            }
        }
    }

    private enum Continuation {
        case next
        case silence
        case close
        case reset
    }

    private func perform(
        _ step: ServerStep,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Continuation {
        switch step {
        case .bytes(let bytes): try await outbound.write(ByteBuffer(bytes: bytes))
        case .response(let status, let headers, let body):
            var text = Self.head(status: status, headers: headers + [("Content-Length", "\(body.utf8.count)")])
            text += body
            try await outbound.write(ByteBuffer(string: text))
        case .head(let status, let headers):
            let text = Self.head(status: status, headers: headers + [("Transfer-Encoding", "chunked")])
            try await outbound.write(ByteBuffer(string: text))
        case .chunk(let bytes):
            var buffer = ByteBuffer(string: String(bytes.count, radix: 16) + "\r\n")
            buffer.writeBytes(bytes)
            buffer.writeString("\r\n")
            try await outbound.write(buffer)
        case .endOfChunks: try await outbound.write(ByteBuffer(string: "0\r\n\r\n"))
        case .repeated(let make):
            var number = 0
            while let step = make(number) {
                let continuation = try await perform(step, outbound: outbound)
                guard case .next = continuation else { return continuation }
                number += 1
            }
        case .produced(let make):
            var number = 0
            while let step = await make(number) {
                let continuation = try await perform(step, outbound: outbound)
                guard case .next = continuation else { return continuation }
                number += 1
            }
        case .wait(let gate): await gate.pass()
        case .silence: return .silence
        case .close: return .close
        case .reset: return .reset
        }
        return .next
    }

    private static func head(status: Int, headers: [(String, String)]) -> String {
        let fields = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
        return "HTTP/1.1 \(status) Scripted\r\n\(fields)\r\n"
    }
}
