// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Token files", .timeLimit(.minutes(10)))
struct TokenFileTests {
    static let path = "/tokens/token"

    /// A client with a token file, whose server accepts the tokens that `accepts` does.
    static func fixture(
        _ token: String?,
        accepts: @escaping @Sendable (String) -> Bool = { _ in true }
    ) throws -> ClientFixture {
        let files = ScriptedFiles()
        files[path] = token
        let configuration = ClusterConfiguration(
            server: try HTTPURL("https://api.example"),
            credentials: .tokenFile(path)
        )
        return try ClientFixture(configuration, files: files) { request in
            accepts(request.headers["Authorization"] ?? "")
                ? .json(Widget.text("todo")) : .failure(401, "Unauthorized")
        }
    }

    @Test("A token is trimmed, and read again only after fifty seconds")
    func caching() async throws {
        let fixture = try Self.fixture(" one\n")
        _ = try await fixture.widgets.get(todo)
        fixture.files[Self.path] = "two"
        fixture.clock.advance(by: .seconds(49))
        _ = try await fixture.widgets.get(todo)
        fixture.clock.advance(by: .seconds(1))
        _ = try await fixture.widgets.get(todo)
        #expect(
            fixture.http.requests.map { $0.headers["Authorization"] } == ["Bearer one", "Bearer one", "Bearer two"]
        )
        #expect(fixture.files.readings.count == 2)
    }

    @Test("T41: A token refused because it was rotated is read again, and the request succeeds")
    func rotated() async throws {
        let current = NIOLockedValueBox("Bearer one")
        let fixture = try Self.fixture("one") { authorization in current.withLockedValue { $0 == authorization } }
        _ = try await fixture.widgets.get(todo)
        fixture.files[Self.path] = "two"
        current.withLockedValue { $0 = "Bearer two" }
        _ = try await fixture.widgets.create(["kind": "Widget"], namespace: "a")
        #expect(fixture.http.requests.count == 3)
    }

    @Test("T41: A token refused although it is the current one is not sent again")
    func refused() async throws {
        let fixture = try Self.fixture("one") { _ in false }
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(error.code == .unauthorized)
        #expect(fixture.http.requests.count == 1)
    }

    @Test("T41: A rotated token that is refused too is tried once")
    func refusedTwice() async throws {
        let files = ScriptedFiles([Self.path: "one"])
        let configuration = ClusterConfiguration(
            server: try HTTPURL("https://api.example"),
            credentials: .tokenFile(Self.path)
        )
        let fixture = try ClientFixture(configuration, files: files) { request in
            files[Self.path] = (request.headers["Authorization"] ?? "") + "x"
            return .failure(401, "Unauthorized")
        }
        await #expect(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(fixture.http.requests.count == 2)
    }

    @Test("T42: While the file is missing the last token is used")
    func missing() async throws {
        let fixture = try Self.fixture("one")
        _ = try await fixture.widgets.get(todo)
        fixture.files[Self.path] = nil
        fixture.clock.advance(by: .seconds(60))
        _ = try await fixture.widgets.get(todo)
        #expect(fixture.http.requests.map { $0.headers["Authorization"] } == ["Bearer one", "Bearer one"])
        #expect(fixture.files.readings.count == 2)
    }

    @Test("T43: While the file is empty the last token is used", arguments: ["", " \n\t"])
    func empty(content: String) async throws {
        let fixture = try Self.fixture("one")
        _ = try await fixture.widgets.get(todo)
        fixture.files[Self.path] = content
        fixture.clock.advance(by: .seconds(60))
        _ = try await fixture.widgets.get(todo)
        #expect(fixture.http.requests.last?.headers["Authorization"] == "Bearer one")
    }

    @Test("T43: Without any good token nothing is sent", arguments: [nil, "", " \n"])
    func never(content: String?) async throws {
        let fixture = try Self.fixture(content)
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(error.code == .unauthorized)
        #expect(error.message.contains(Self.path))
        #expect(fixture.http.requests.isEmpty)
    }

    @Test(
        "Credentials are never sent without TLS, loopback or not",
        arguments: ["http://api.example", "http://127.0.0.1:8001"]
    )
    func plainText(server: String) throws {
        let url = try HTTPURL(server)
        for credentials in [ClusterConfiguration.Credentials.token(Redacted("canary")), .tokenFile("/token")] {
            let error = try #require(throws: ClusterConfigurationError.self) {
                try ClientFixture(ClusterConfiguration(server: url, credentials: credentials)) { _ in .json("{}") }
            }
            #expect(error.code == .insecureCredentials)
            #expect(!error.message.contains("canary"))
        }
        _ = try ClientFixture(ClusterConfiguration(server: url)) { _ in .json("{}") }
    }
}
