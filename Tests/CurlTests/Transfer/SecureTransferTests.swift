// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Curl

/// Needs `nginx` (nginx-light) and `openssl`; without them these tests fail rather than pass unseen.
@Suite("Transfers over TLS", .timeLimit(.minutes(10)), .secureServer)
struct SecureTransferTests {
    private let certificates: IssuedCertificates
    private let server: SecureServer

    init() throws {
        (certificates, server) = try #require(SecureServerTrait.current)
    }

    private var url: String { "https://127.0.0.1:\(server.port)/?q=hidden" }
    private var namedURL: String { "https://127.0.0.1:\(server.namedPort)/?q=hidden" }

    private func authorities() throws -> HTTPClientConfiguration.Trust {
        .authorities(pem: try certificates.text("ca.pem"))
    }

    /// What the server says: protocol, host, name asked for, verdict on the client's certificate, connection.
    private func fields(_ configuration: HTTPClientConfiguration, _ request: OutgoingRequest) async throws -> [String] {
        let answer = try await withClient(configuration) { try await $0.fetch(request) }
        return answer.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("HTTP/2 is spoken where it is asked for and offered, and never by a stream")
    func versions() async throws {
        let trust = try authorities()
        let http1 = HTTPClientConfiguration(version: .http1, trust: trust)
        let http2 = HTTPClientConfiguration(version: .http2, trust: trust)
        #expect(try await fields(http1, OutgoingRequest(.get, url))[0] == "HTTP/1.1")
        #expect(try await fields(http2, OutgoingRequest(.get, url))[0] == "HTTP/2.0")
        #expect(try await fields(http2, OutgoingRequest(.get, url, trafficClass: .stream))[0] == "HTTP/1.1")
    }

    @Test(
        "A body that may not fit HTTP/2's first window goes over HTTP/1.1",
        arguments: [(1_000, "HTTP/2.0"), (32_768, "HTTP/2.0"), (32_769, "HTTP/1.1"), (1_000_000, "HTTP/1.1")]
    )
    func largeBodies(_ size: Int, _ version: String) async throws {
        // The server answers without reading the body, which an HTTP/2 upload in curl 7.88 does not survive.
        let configuration = HTTPClientConfiguration(version: .http2, trust: try authorities())
        let post = OutgoingRequest(.post, url, body: .bytes([UInt8](repeating: 1, count: size)))
        #expect(try await fields(configuration, post)[0] == version)
    }

    @Test("After a request without an answer, an HTTP/2 connection is used no more")
    func silentConnection() async throws {
        let silent = try SocketServer { $0.waitForClose() }
        let configuration = HTTPClientConfiguration(version: .http2, trust: try authorities())
        let connections = try await withClient(configuration) { client in
            var connections: [String?] = []
            for isLast in [false, true] {
                for _ in 0..<2 {
                    let answer = try await client.fetch(OutgoingRequest(.get, url))
                    connections.append(answer.text.split(separator: " ").last.map(String.init))
                }
                guard !isLast else { break }
                let waiting = "https://127.0.0.1:\(server.port)/to/\(silent.port)/"
                let deadlines = Deadlines(head: .milliseconds(200))
                let error = try await client.failure(of: OutgoingRequest(.get, waiting, deadlines: deadlines))
                #expect(error.code == .timedOut)
            }
            return connections
        }
        #expect(connections[0] == connections[1])
        #expect(connections[1] != connections[2])
        #expect(connections[2] == connections[3])
    }

    @Test(
        "An authority that is not trusted ends the handshake, and nothing was sent",
        arguments: ["other-ca", "system"]
    )
    func untrusted(_ name: String) async throws {
        let trust =
            name == "system"
            ? .system : HTTPClientConfiguration.Trust.authorities(pem: try certificates.text("\(name).pem"))
        let error = try await withClient(HTTPClientConfiguration(trust: trust)) {
            try await $0.failure(of: OutgoingRequest(.get, url))
        }
        #expect(error.code == .tls)
        #expect(!error.mayHaveBeenSent)
        #expect(error.message.contains("certificate"))
        #expect(!error.message.contains("hidden"))
    }

    @Test("A certificate for another name ends the handshake")
    func wrongName() async throws {
        let error = try await withClient(HTTPClientConfiguration(trust: try authorities())) {
            try await $0.failure(of: OutgoingRequest(.get, namedURL))
        }
        #expect(error.code == .tls)
        #expect(!error.mayHaveBeenSent)
    }

    @Test(
        "A server name given apart is asked for and verified, and the host stays the URL's",
        arguments: [HTTPClientConfiguration.Version.http1, .http2]
    )
    func serverName(_ version: HTTPClientConfiguration.Version) async throws {
        let right = HTTPClientConfiguration(version: version, trust: try authorities(), tlsServerName: "api.example")
        let answer = try await fields(right, OutgoingRequest(.get, namedURL))
        #expect(answer[1] == "127.0.0.1:\(server.namedPort)")
        #expect(answer[2] == "api.example")
        let wrong = HTTPClientConfiguration(version: version, trust: try authorities(), tlsServerName: "other.example")
        let error = try await withClient(wrong) { try await $0.failure(of: OutgoingRequest(.get, namedURL)) }
        #expect(error.code == .tls)
    }

    @Test("At an address given apart, the certificate is checked against the URL's host")
    func givenAddress() async throws {
        let configuration = HTTPClientConfiguration(trust: try authorities())
        let address = try #require(IPAddress("127.0.0.1"))
        let right = OutgoingRequest(.get, "https://api.example:\(server.namedPort)/", address: address)
        let answer = try await fields(configuration, right)
        #expect(answer[1] == "api.example:\(server.namedPort)")
        #expect(answer[2] == "api.example")
        let wrong = OutgoingRequest(.get, "https://other.example:\(server.namedPort)/", address: address)
        let error = try await withClient(configuration) { try await $0.failure(of: wrong) }
        #expect(error.code == .tls)
    }

    @Test("Verification is off only where the rules say so")
    func insecure() async throws {
        #expect(
            try await fields(HTTPClientConfiguration(trust: .insecure), OutgoingRequest(.get, namedURL))[0]
                == "HTTP/1.1"
        )
    }

    @Test("A client certificate is presented when there is one")
    func identity() async throws {
        let identity = HTTPClientConfiguration.Identity(
            certificateChain: try certificates.text("client.pem"),
            privateKey: try certificates.text("client.key")
        )
        let with = HTTPClientConfiguration(trust: try authorities(), identity: identity)
        #expect(try await fields(with, OutgoingRequest(.get, url))[3] == "SUCCESS")
        let without = HTTPClientConfiguration(trust: try authorities())
        #expect(try await fields(without, OutgoingRequest(.get, url))[3] == "NONE")
    }

    @Test("Trust and identity that cannot be used make no client")
    func unusable() async throws {
        let transport = try CurlTransport()
        let broken = HTTPClientConfiguration.Identity(certificateChain: "x", privateKey: "y")
        for configuration in [
            HTTPClientConfiguration(trust: .authorities(pem: "")), HTTPClientConfiguration(identity: broken),
            HTTPClientConfiguration(tlsServerName: "two words"),
        ] {
            let error = try #require(throws: HTTPTransportError.self) { _ = try transport.makeClient(configuration) }
            #expect(error.code == .invalidRequest)
        }
        await transport.shutdown()
    }

    @Test("A key that does not belong to the certificate ends the handshake without quoting either")
    func mismatchedKey() async throws {
        let identity = HTTPClientConfiguration.Identity(
            certificateChain: try certificates.text("client.pem"),
            privateKey: try certificates.text("named.key")
        )
        let configuration = HTTPClientConfiguration(trust: try authorities(), identity: identity)
        let error = try await withClient(configuration) { try await $0.failure(of: OutgoingRequest(.get, url)) }
        #expect(error.code == .tls)
        #expect(!error.message.contains("BEGIN"))
    }

    @Test("A cold burst over HTTP/2 opens no more than four connections")
    func burst() async throws {
        let configuration = HTTPClientConfiguration(
            version: .http2,
            trust: try authorities(),
            maximumRequestsPerHost: 300
        )
        let url = url
        let connections = try await withClient(configuration) { client in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<300 {
                    group.addTask {
                        let answer = try await client.fetch(OutgoingRequest(.get, url))
                        return answer.text.split(separator: " ").last.map(String.init) ?? ""
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
        }
        #expect(connections.count == 300)
        #expect(Set(connections).count <= 4)
    }
}
