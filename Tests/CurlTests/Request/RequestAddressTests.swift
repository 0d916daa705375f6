// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("Requests to a given address", .timeLimit(.minutes(10)))
struct RequestAddressTests {
    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private static func echo() throws -> SocketServer {
        try SocketServer(isEverywhere: true) { connection in
            while connection.readRequest() != nil, connection.respond() {}
        }
    }

    @Test("The address is dialled although the name does not resolve, and the host stays the URL's")
    func dialsAddress() async throws {
        let server = try Self.echo()
        let url = server.url("/v1", host: "replicas.invalid")
        try await withClient { client in
            let request = OutgoingRequest(.get, url, address: try Self.address("127.0.0.1"))
            #expect(try await client.fetch(request).status == 200)
            #expect(try await client.failure(of: OutgoingRequest(.get, url)).code == .nameResolution)
        }
        #expect(server.requests.count == 1)
        #expect(server.requests.first?.contains("\r\nHost: replicas.invalid:\(server.port)") == true)
    }

    @Test("A connection is used again for its own address alone")
    func separateConnections() async throws {
        let server = try Self.echo()
        try await withClient { client in
            for _ in 0..<3 {
                for address in ["127.0.0.1", "127.0.0.2"] {
                    let url = server.url("/", host: "replicas.invalid")
                    let request = OutgoingRequest(.get, url, address: try Self.address(address))
                    #expect(try await client.fetch(request).status == 200)
                }
            }
        }
        #expect(server.requests.count == 6)
        #expect(server.accepted == 2)
    }

    @Test("The rules on addresses hold for a given one")
    func policy() async throws {
        let server = try Self.echo()
        let configuration = HTTPClientConfiguration(addresses: .publicAnd([]))
        try await withClient(configuration) { client in
            let url = server.url("/", host: "replicas.invalid")
            let request = OutgoingRequest(.get, url, address: try Self.address("127.0.0.1"))
            #expect(try await client.failure(of: request).code == .addressForbidden)
        }
        #expect(server.accepted == 0)
    }

    @Test(
        "What curl is told is the URL's host and port, and the address with the same port",
        arguments: [
            ("10.0.0.7", nil, "a.example:9443:10.0.0.7:9443"), ("fd00::7", nil, "a.example:9443:[fd00::7]:9443"),
            ("fd00::7", "b.example", "b.example:9443:[fd00::7]:9443"),
        ]
    )
    func rule(address: String, serverName: String?, expected: String) throws {
        let target = try RequestTarget(
            "https://a.example:9443/x",
            at: try Self.address(address),
            HTTPClientConfiguration(tlsServerName: serverName)
        )
        #expect(target.connectTo == expected)
    }
}
