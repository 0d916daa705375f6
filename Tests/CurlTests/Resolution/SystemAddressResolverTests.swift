// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("System address resolver", .timeLimit(.minutes(10)))
struct SystemAddressResolverTests {
    @Test("A name has its addresses, each once")
    func resolves() async throws {
        let addresses = try await SystemAddressResolver(limit: .seconds(60)).addresses(of: "localhost")
        let loopback = try #require(IPAddress("127.0.0.1"))
        #expect(addresses.contains(loopback) || addresses.contains { !$0.isVersion4 })
        #expect(Set(addresses).count == addresses.count)
    }

    @Test("An address is its own answer, in brackets too", arguments: ["127.0.0.3", "::1", "[::1]"])
    func literals(host: String) async throws {
        let expected = try #require(IPAddress(host.filter { !"[]".contains($0) }))
        #expect(try await SystemAddressResolver().addresses(of: host) == [expected])
    }

    @Test("A name that does not exist is an error that names it")
    func unknown() async throws {
        let error = try await #require(throws: HTTPTransportError.self) {
            _ = try await SystemAddressResolver(limit: .seconds(60)).addresses(of: "nowhere.invalid")
        }
        #expect(error.code == .nameResolution)
        #expect(error.message.contains("nowhere.invalid"))
    }

    @Test("A cancelled question ends at once, whatever the resolver does")
    func cancellation() async throws {
        let task = Task { try await SystemAddressResolver(limit: .seconds(600)).addresses(of: "nowhere.invalid") }
        task.cancel()
        let result = await task.result
        #expect(throws: (any Error).self) { try result.get() }
    }

    @Test("A question that takes too long is an error, and its thread counts until it ends")
    func deadline() async throws {
        // No resolver answers before a deadline that has passed.
        let resolver = SystemAddressResolver(limit: .zero)
        for _ in 0..<20 {
            let error = await #expect(throws: HTTPTransportError.self) {
                _ = try await resolver.addresses(of: "nowhere.invalid")
            }
            #expect(error.map { [.timedOut, .nameResolution].contains($0.code) } == true)
        }
    }
}
