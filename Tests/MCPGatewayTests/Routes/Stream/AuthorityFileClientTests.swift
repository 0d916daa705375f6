// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Client with authorities from a file")
struct AuthorityFileClientTests {
    struct Unreadable: Error, CustomStringConvertible {
        var description: String { "Could not read 'ca.pem': it is gone." }
    }

    private let clock = ManualClock()
    private let file = NIOLockedValueBox<String?>("ca-1")
    private let failure = NIOLockedValueBox<HTTPTransportError?>(nil)

    private func make() -> (AuthorityFileClient, ScriptedHTTPClientFactory) {
        let factory = ScriptedHTTPClientFactory(
            ScriptedHTTPClient { [failure] _ in
                if let error = failure.withLockedValue({ $0 }) { throw error }
                return IncomingResponse(status: 204)
            }
        )
        let client = AuthorityFileClient(
            HTTPClientConfiguration(userAgent: "test"),
            authorities: { [file] in
                guard let text = file.withLockedValue({ $0 }) else { throw Unreadable() }
                return text
            },
            from: factory,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock
        )
        return (client, factory)
    }

    private static let request = OutgoingRequest(.get, "https://operator.example/")

    @Test("New content is trusted within 30 s, and the same content makes no new connections")
    func rotation() async throws {
        let (client, factory) = make()
        _ = try await client.send(Self.request)
        clock.advance(by: .seconds(30))
        _ = try await client.send(Self.request)
        #expect(factory.configurations.map(\.trust) == [.authorities(pem: "ca-1")])
        file.withLockedValue { $0 = "ca-2" }
        clock.advance(by: .seconds(29))
        _ = try await client.send(Self.request)
        #expect(factory.configurations.count == 1)
        clock.advance(by: .seconds(1))
        _ = try await client.send(Self.request)
        #expect(factory.configurations.map(\.trust) == [.authorities(pem: "ca-1"), .authorities(pem: "ca-2")])
        #expect(factory.configurations.last?.userAgent == "test")
    }

    @Test("After a failed handshake the file is read before the next request")
    func failedHandshake() async throws {
        let (client, factory) = make()
        failure.withLockedValue { $0 = HTTPTransportError(.tls, "Unknown authority.") }
        await #expect(throws: HTTPTransportError.self) { _ = try await client.send(Self.request) }
        file.withLockedValue { $0 = "ca-2" }
        failure.withLockedValue { $0 = nil }
        _ = try await client.send(Self.request)
        #expect(factory.configurations.map(\.trust) == [.authorities(pem: "ca-1"), .authorities(pem: "ca-2")])
    }

    @Test("An unreadable file leaves the last content in force; without any there is no request")
    func unreadable() async throws {
        let (client, factory) = make()
        file.withLockedValue { $0 = nil }
        let error = try await #require(throws: HTTPTransportError.self) { _ = try await client.send(Self.request) }
        #expect(error.message.contains("ca.pem"))
        file.withLockedValue { $0 = "ca-1" }
        _ = try await client.send(Self.request)
        file.withLockedValue { $0 = nil }
        clock.advance(by: .seconds(60))
        _ = try await client.send(Self.request)
        #expect(factory.configurations.count == 1)
    }
}
