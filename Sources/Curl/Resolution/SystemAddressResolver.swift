// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
import NIOConcurrencyHelpers

/// Asks the system's resolver, which blocks: each question has a thread of its own.
package final class SystemAddressResolver: AddressResolver {
    /// More than this many questions at once means that the resolver hangs; then no thread is added.
    private static let maximumLookups = 8

    private let limit: Duration
    private let running = NIOLockedValueBox(0)

    /// - Parameter limit: How long a question may take. Its thread ends only when the system's resolver gives up.
    package init(limit: Duration = .seconds(5)) { self.limit = limit }

    /// All addresses of a host, at most 256; the host may be an address itself.
    package func addresses(of host: String) async throws -> [IPAddress] {
        try Task.checkCancellation()
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if let address = IPAddress(bare) { return [address] }
        guard begin() else {
            throw Self.failed(host, "the system's resolver does not answer earlier questions")
        }
        let lookup = HostLookup(host: host) { [running] in running.withLockedValue { $0 -= 1 } }
        return try await withThrowingTaskGroup(of: [IPAddress]?.self) { group in
            group.addTask { try await lookup.addresses() }
            group.addTask { [limit] in
                try await Task.sleep(for: limit, clock: .continuous)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let addresses = first else {
                throw HTTPTransportError(
                    .timedOut,
                    "Could not resolve '\(host.prefix(253))': no answer within \(limit). Check the name servers."
                )
            }
            return addresses
        }
    }

    private func begin() -> Bool {
        running.withLockedValue { running in
            guard running < Self.maximumLookups else { return false }
            running += 1
            return true
        }
    }

    static func failed(_ host: String, _ reason: String) -> HTTPTransportError {
        HTTPTransportError(
            .nameResolution,
            "Could not resolve '\(host.prefix(253))': \(reason). Check the name and the name servers."
        )
    }
}
