// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import NIOConcurrencyHelpers
import TestSupport

/// A TCP server that gives each connection to a script, byte by byte, on a thread of its own.
final class SocketServer: Sendable {
    private struct State {
        var accepted = 0
        var requests: [String] = []
        var open: Set<Int32> = []
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - isEverywhere: Whether it listens on all addresses of the machine, not on 127.0.0.1 alone.
    ///   - serve: Plays the server's part on one connection; the connection is closed when it returns.
    /// - Throws: ``LoopbackSocket/SetupError`` if no port can be had.
    init(isEverywhere: Bool = false, _ serve: @escaping @Sendable (ServerConnection) -> Void) throws {
        let (listener, port) = try LoopbackSocket.listen(backlog: 1_024, isEverywhere: isEverywhere)
        let state = NIOLockedValueBox(State())
        self.listener = listener
        self.port = port
        self.state = state
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                let number = state.withLockedValue { state in
                    state.accepted += 1
                    state.open.insert(descriptor)
                    return state.accepted
                }
                let connection = ServerConnection(descriptor, number: number) { head in
                    state.withLockedValue { state in
                        // Enough for every test that looks, and too few to count as a leak of the client's.
                        if state.requests.count < 1_000 { state.requests.append(head) }
                    }
                }
                Thread.detachNewThread {
                    serve(connection)
                    state.withLockedValue { _ = $0.open.remove(descriptor) }
                    close(descriptor)
                }
            }
            close(listener)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLockedValue { state in
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Connections accepted so far.
    var accepted: Int { state.withLockedValue { $0.accepted } }
    /// Request heads read so far.
    var requests: [String] { state.withLockedValue { $0.requests } }

    func url(_ path: String = "/", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }
}

/// The server's end of one connection.
///
/// Each is used by the one thread that plays it.
final class ServerConnection: @unchecked Sendable {  // Handed to one thread and never shared.
    /// 1 for the first connection of the server.
    let number: Int
    let descriptor: Int32
    private let record: (String) -> Void
    private var buffer: [UInt8] = []

    init(_ descriptor: Int32, number: Int, record: @escaping (String) -> Void) {
        self.descriptor = descriptor
        self.number = number
        self.record = record
    }

    /// The next request head without its empty line, or `nil` if the client closed.
    func readHead() -> String? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                let head = String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
                buffer.removeFirst(range.upperBound)
                record(head)
                return head
            }
            guard fill() else { return nil }
        }
    }

    /// Reads a request with a declared length, or without a body.
    func readRequest() -> (head: String, body: [UInt8])? {
        guard let head = readHead() else { return nil }
        let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }
        guard let body = read(count: length ?? 0) else { return nil }
        return (head, body)
    }

    func read(count: Int) -> [UInt8]? {
        while buffer.count < count {
            guard fill() else { return nil }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// Reads up to and with the given text.
    func read(until text: String) -> String? {
        while true {
            if let range = buffer.firstRange(of: Array(text.utf8)) {
                defer { buffer.removeFirst(range.upperBound) }
                return String(decoding: buffer[..<range.upperBound], as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    /// Returns when the client has closed.
    func waitForClose() {
        while fill() { buffer = [] }
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) == text.utf8.count }

    /// Sends bytes.
    ///
    /// Returns how many the system took before it failed or, with a timeout set, blocked too long.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: all[sent...])
                return unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    /// Answers with a declared length.
    @discardableResult
    func respond(_ body: String = "ok", status: String = "200 OK", headers: String = "") -> Bool {
        write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// From now on a write that blocks this long gives up.
    func setWriteTimeout(milliseconds: Int) {
        var timeout = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk.prefix(count)
        return true
    }
}
