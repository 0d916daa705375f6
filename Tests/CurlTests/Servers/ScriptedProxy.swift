// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HTTPTransport
import TestSupport

/// A proxy on a loopback port: it opens tunnels to where a table says, and answers whole URLs by itself.
final class ScriptedProxy: Sendable {
    private let server: SocketServer

    /// - Parameter tunnels: From `host:port`, as a CONNECT names it, to a loopback port; others are refused with 403.
    /// - Throws: ``LoopbackSocket/SetupError`` if no port can be had.
    init(tunnels: [String: Int] = [:]) throws {
        server = try SocketServer { connection in
            while let head = connection.readHead() {
                let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
                guard words.first == "CONNECT" else {
                    connection.respond("proxied")
                    continue
                }
                guard words.count == 3, let port = tunnels[String(words[1])] else {
                    connection.respond("no", status: "403 Forbidden", headers: "X-From: proxy\r\n")
                    return
                }
                connection.write("HTTP/1.1 200 Connection established\r\nX-From: proxy\r\n\r\n")
                return connection.relay(toPort: port)
            }
        }
    }

    /// Connections accepted so far.
    var accepted: Int { server.accepted }
    /// Request heads read so far, CONNECT among them.
    var requests: [String] { server.requests }

    /// The proxy as a client is told of it.
    func address() throws -> HTTPProxy { try HTTPProxy("http://127.0.0.1:\(server.port)") }
}

extension ServerConnection {
    /// Carries bytes both ways between the client and a loopback port until both have ended.
    func relay(toPort port: Int) {
        guard let other = LoopbackSocket.connect(toPort: port) else { return }
        let client = descriptor
        let hasEnded = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            Self.carry(from: other, to: client)
            hasEnded.signal()
        }
        Self.carry(from: client, to: other)
        hasEnded.wait()
        close(other)
    }

    private static func carry(from source: Int32, to target: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let written = unsafe buffer.withUnsafeBytes { all in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: all[sent..<count])
                    return unsafe send(target, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
            guard sent == count else { break }
        }
        shutdown(target, Int32(SHUT_WR))
        shutdown(source, Int32(SHUT_RD))
    }
}
