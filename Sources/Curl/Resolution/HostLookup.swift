// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPTransport
import NIOConcurrencyHelpers

/// One question to the system's resolver, on a thread of its own.
///
/// Whoever asks is released by the answer or by cancellation, whichever is first; the thread lives until the answer.
final class HostLookup: Sendable {
    private enum State: Sendable {
        case idle
        case waiting(CheckedContinuation<[IPAddress], any Error>)
        case over
    }

    private static let maximumAddresses = 256

    private let host: String
    private let state = NIOLockedValueBox(State.idle)
    private let threadEnded: @Sendable () -> Void

    /// - Parameters:
    ///   - host: A name.
    ///   - threadEnded: Called once, when no thread works on the question any more.
    init(host: String, threadEnded: @escaping @Sendable () -> Void) {
        self.host = host
        self.threadEnded = threadEnded
    }

    /// Asks; to be called once.
    func addresses() async throws -> [IPAddress] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let starts = state.withLockedValue { state in
                    guard case .idle = state else { return false }
                    state = .waiting(continuation)
                    return true
                }
                guard starts else {
                    threadEnded()
                    return continuation.resume(throwing: CancellationError())
                }
                startThread()
            }
        } onCancel: {
            end(.failure(CancellationError()))
        }
    }

    private func end(_ result: Result<[IPAddress], any Error>) {
        let waiter = state.withLockedValue { state -> CheckedContinuation<[IPAddress], any Error>? in
            defer { state = .over }
            guard case .waiting(let waiter) = state else { return nil }
            return waiter
        }
        waiter?.resume(with: result)
    }

    private func startThread() {
        let argument = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let lookup = unsafe Unmanaged<HostLookup>.fromOpaque(argument).takeRetainedValue()
                lookup.end(Result { try lookup.ask() })
                lookup.threadEnded()
                return nil
            },
            argument.toOpaque()
        )
        guard result == 0 else {
            unsafe argument.release()
            threadEnded()
            return end(.failure(SystemAddressResolver.failed(host, "there is no thread for it (errno \(result))")))
        }
        // Nobody joins it: its end is told through `threadEnded`.
        pthread_detach(thread)
    }

    private func ask() throws -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw SystemAddressResolver.failed(host, unsafe String(cString: gai_strerror(code)))
        }
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        var addresses: [IPAddress] = []
        var next = unsafe list
        while let entry = unsafe next, addresses.count < Self.maximumAddresses {
            if let address = unsafe Self.address(entry.pointee), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw SystemAddressResolver.failed(host, "it has no address") }
        return addresses
    }

    /// The address of one answer; `nil` for one that means nothing without the name of a network interface.
    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let generic = unsafe entry.ai_addr else { return nil }
        let raw = UnsafeRawPointer(generic)
        switch unsafe entry.ai_family {
        case AF_INET where unsafe entry.ai_addrlen >= socklen_t(MemoryLayout<sockaddr_in>.size):
            let address = unsafe raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return IPAddress(bytes: unsafe withUnsafeBytes(of: address) { unsafe Array($0) })
        case AF_INET6 where unsafe entry.ai_addrlen >= socklen_t(MemoryLayout<sockaddr_in6>.size):
            let socket = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
            guard socket.sin6_scope_id == 0 else { return nil }
            return IPAddress(bytes: unsafe withUnsafeBytes(of: socket.sin6_addr) { unsafe Array($0) })
        default: return nil
        }
    }
}
