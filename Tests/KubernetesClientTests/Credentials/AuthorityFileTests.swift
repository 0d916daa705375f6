// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("Authority files", .timeLimit(.minutes(10)))
struct AuthorityFileTests {
    static let path = "/pki/ca.crt"

    static func fixture(
        _ content: String,
        _ handler: @escaping @Sendable (ScriptedFiles) throws -> IncomingResponse = { _ in
            .json(Widget.text("todo"))
        }
    ) throws -> ClientFixture {
        let files = ScriptedFiles([path: content])
        let configuration = ClusterConfiguration(
            server: try HTTPURL("https://api.example"),
            trust: .authorityFile(path),
            tlsServerName: "kubernetes"
        )
        return try ClientFixture(configuration, files: files) { _ in try handler(files) }
    }

    static func trusts(_ fixture: ClientFixture) -> [HTTPClientConfiguration.Trust] {
        fixture.factory.configurations.map(\.trust)
    }

    @Test("T44: Changed authorities give new connections within five minutes, the same ones none")
    func rotation() async throws {
        let fixture = try Self.fixture(TestCertificates.one)
        let one = HTTPClientConfiguration.Trust.authorities(pem: TestCertificates.one)
        let two = HTTPClientConfiguration.Trust.authorities(pem: TestCertificates.two)
        fixture.clock.advance(by: .seconds(300))
        _ = try await fixture.widgets.get(todo)
        #expect(Self.trusts(fixture) == [one, one])
        fixture.files[Self.path] = TestCertificates.two
        fixture.clock.advance(by: .seconds(299))
        _ = try await fixture.widgets.get(todo)
        #expect(Self.trusts(fixture) == [one, one])
        fixture.clock.advance(by: .seconds(1))
        _ = try await fixture.widgets.get(todo)
        #expect(Self.trusts(fixture) == [one, one, two, two])
        #expect(fixture.factory.configurations.allSatisfy { $0.tlsServerName == "kubernetes" })
    }

    @Test(
        "T44: A file that is missing, empty or broken leaves the connections alone",
        arguments: [nil, "", "\n", "no PEM"]
    )
    func broken(content: String?) async throws {
        let fixture = try Self.fixture(TestCertificates.one)
        fixture.files[Self.path] = content
        fixture.clock.advance(by: .seconds(300))
        _ = try await fixture.widgets.get(todo)
        #expect(Self.trusts(fixture).count == 2)
    }

    @Test("T44: A handshake that fails has the authorities read at once, and the request succeeds")
    func failedHandshake() async throws {
        let untrusted = HTTPTransportError(.tls, "The certificate is not trusted.")
        let fixture = try Self.fixture(TestCertificates.one) { files in
            guard files.readings.count > 1 else {
                files[Self.path] = TestCertificates.two
                throw untrusted
            }
            return .json(Widget.text("todo"))
        }
        _ = try await fixture.widgets.get(todo)
        #expect(fixture.http.requests.count == 2)
        #expect(Self.trusts(fixture).last == .authorities(pem: TestCertificates.two))
    }

    @Test("T45: A handshake that fails under unchanged authorities is the caller's error")
    func untrusted() async throws {
        let fixture = try Self.fixture(TestCertificates.one) { _ in
            throw HTTPTransportError(.tls, "The certificate is not trusted.")
        }
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(error.transport == "tls")
        #expect(fixture.http.requests.count == 1)
    }

    @Test("A client is not made with authorities that cannot be read", arguments: ["", "no PEM"])
    func unusable(content: String) {
        #expect(throws: ClusterConfigurationError.self) { try Self.fixture(content) }
    }
}
