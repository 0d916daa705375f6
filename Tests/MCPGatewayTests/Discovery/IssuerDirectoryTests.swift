// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import NIOConcurrencyHelpers
import OAuth
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Issuer directory")
struct IssuerDirectoryTests {
    @Test("An issuer that a route names is asked once by all who need it, and again after an hour")
    func sharing() async throws {
        try await withWorld { world in
            for _ in 0..<2 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask { _ = try await world.directory.metadata(of: FakeAuthServer.issuer) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(world.authServer.metadataRequests == 1)
            world.clock.advance(by: .seconds(3_600))
            // What is known is given at once, and read again meanwhile.
            for _ in 0..<20 { _ = try await world.directory.metadata(of: FakeAuthServer.issuer) }
            try await until("it was read again") { world.authServer.metadataRequests == 2 }
        }
    }

    @Test("A failure takes nothing away that was known")
    func outage() async throws {
        try await withWorld { world in
            _ = try await world.directory.metadata(of: FakeAuthServer.issuer)
            world.authServer.setReachable(false)
            world.clock.advance(by: .seconds(3_600))
            #expect(
                try await world.directory.metadata(of: FakeAuthServer.issuer).tokenEndpoint
                    == FakeAuthServer.tokenEndpoint
            )
            #expect(world.directory.knowledge(FakeAuthServer.issuer) == .tokenEndpoint(FakeAuthServer.tokenEndpoint))
            try await until("it was asked again") { world.authServer.metadataRequests >= 2 }
            #expect(
                try await world.directory.metadata(of: FakeAuthServer.issuer).tokenEndpoint
                    == FakeAuthServer.tokenEndpoint
            )
        }
    }

    @Test("Configured providers are asked at the start and kept fresh, through the client for configuration")
    func configured() async throws {
        try await withWorld { world in
            world.provider.serveMetadata(
                ["issuer": .string(FakeProvider.issuer), "token_endpoint": "https://idp.example/moved"]
            )
            try await until("it sleeps") { world.clock.sleeperCount > 0 }
            world.clock.advance(by: .seconds(3_601))
            try await until("the provider has moved") {
                world.directory.knowledge(FakeProvider.issuer) == .tokenEndpoint("https://idp.example/moved")
            }
            #expect(!world.restrictedClient.requests.contains { $0.url.hasPrefix(FakeProvider.issuer) })
        }
    }
}
