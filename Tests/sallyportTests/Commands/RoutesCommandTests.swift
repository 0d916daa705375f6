// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTPTransport
import JSON
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import sallyport

@Suite("Routes command", .timeLimit(.minutes(10)))
struct RoutesCommandTests {
    private static let canaries = ["canary-secret", "canary-key", "canary-header", "canary-token"]

    private static func route(_ name: String, version: String = "0011223344556677") -> String {
        """
        {"key":"team-a/\(name)","uid":"u","generation":1,"version":"\(version)","type":"streamable-http",\
        "url":"https://\(name).example/mcp","resource":"https://\(name).example/","timeout":30,\
        "headers":{"X-Key":"canary-header"},"auth":{"mode":"enterpriseIdP",\
        "idpIssuer":"https://idp.example","idpTokenEndpoint":"https://idp.example/token",\
        "authServerIssuer":"https://as.example","sendResource":true,"scopes":[],"stepUpScopes":[],\
        "subjectTokenType":"id_token","idpClient":{"id":"corp","method":"client_secret_basic",\
        "secret":"canary-secret"},"authServerClient":{"id":"todo","method":"private_key_jwt",\
        "privateKey":"canary-key","keyID":"k1"},"authServerSendResource":true,"lenientTokenType":false}}
        """
    }

    private static func stream(_ lines: String...) -> IncomingResponse {
        IncomingResponse(
            status: 200,
            headers: ["Content-Type": "application/x-ndjson"],
            body: ResponseBody(chunks: lines.map { Array(($0 + "\n").utf8) })
        )
    }

    /// Made anew each time, because a body is read once.
    private static var table: IncomingResponse {
        stream(
            "{\"type\":\"RESET\",\"revision\":7,\"count\":2}",
            "{\"type\":\"PUT\",\"revision\":7,\"route\":\(route("todo"))}",
            """
            {"type":"PUT","revision":7,"route":{"key":"b/书类","uid":"u","generation":1,"version":"8899aabbccddeeff",\
            "type":"streamable-http","url":"https://files.example/mcp","resource":"https://files.example/mcp",\
            "timeout":30,"headers":{},"auth":{"mode":"none"}}}
            """,
            "{\"type\":\"SYNCED\",\"revision\":7}"
        )
    }

    /// A token file that is gone afterwards.
    private func withTokenFile(_ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
        try Data("canary-token\n".utf8).write(to: file)
        let result: Result<Void, any Error>
        do { result = .success(try await body(file.path)) } catch { result = .failure(error) }
        try FileManager.default.removeItem(at: file)
        try result.get()
    }

    /// What the command prints.
    private func output(_ format: OutputFormat, _ client: ScriptedHTTPClient) async throws -> String {
        let written = NIOLockedValueBox("")
        let append: @Sendable (String) -> Void = { text in written.withLockedValue { $0 += text } }
        let console = Console(
            isTerminal: false,
            errorsAreTerminal: false,
            environment: [:],
            writeOutput: append,
            writeErrors: append
        )
        let logger = Logger(label: "test") { label in
            var settings = LogSettings()
            settings.level = .trace
            return LineLogHandler(label: label, settings: settings, colours: false) { line in append(line) }
        }
        try await withTokenFile { file in
            let source = try RouteSource(
                RoutesConfiguration(),
                url: "https://operator.example:9443",
                tokenFile: file,
                caFile: nil
            )
            try await RoutesCommand.show(source, client, format, console, logger)
        }
        return written.withLockedValue { $0 }
    }

    @Test("The table lines up, and names clients by id and method")
    func text() async throws {
        let client = ScriptedHTTPClient { _ in Self.table }
        let text = try await output(.text, client)
        #expect(
            text == """
                NAMESPACE  NAME  VERSION           MODE           URL                        RESOURCE                   CREDENTIAL
                b          书类  8899aabbccddeeff  none           https://files.example/mcp  https://files.example/mcp  -
                team-a     todo  0011223344556677  enterpriseIdP  https://todo.example/mcp   https://todo.example/      corp (client_secret_basic) → todo (private_key_jwt)

                2 routes at revision 7

                """
        )
        #expect(client.requests.map(\.url) == ["https://operator.example:9443/v1/routes"])
        #expect(client.requests.first?.headers["Authorization"] == "Bearer canary-token")
    }

    @Test("No credential, header or token is in any output", arguments: [OutputFormat.text, .json])
    func canary(format: OutputFormat) async throws {
        let text = try await output(format, ScriptedHTTPClient { _ in Self.table })
        for canary in Self.canaries { #expect(!text.contains(canary)) }
        #expect(text.contains("todo"))
    }

    @Test("JSON has everything but credentials, which are marked as left out")
    func json() async throws {
        let text = try await output(.json, ScriptedHTTPClient { _ in Self.table })
        let document = try JSONValue(parsing: text)
        #expect(document["revision"] == 7)
        let route = document["routes"]?[1]
        #expect(route?["key"] == "team-a/todo")
        #expect(
            route?["auth"]?["idpClient"] == ["id": "corp", "method": "client_secret_basic", "secret": "[redacted]"]
        )
        #expect(route?["auth"]?["authServerClient"]?["privateKey"] == "[redacted]")
        #expect(route?["headers"] == ["X-Key": "[redacted]"])
    }

    @Test("What goes wrong names no secret either", arguments: [401, 200])
    func failure(status: Int) async throws {
        let broken = Self.stream(
            "{\"type\":\"RESET\",\"revision\":7,\"count\":1}",
            "{\"type\":\"PUT\",\"revision\":7,\"route\":\(Self.route("todo").dropLast(2))}"
        )
        let client = ScriptedHTTPClient { _ in status == 200 ? broken : IncomingResponse(status: status) }
        let error = try await #require(throws: CommandFailure.self) { _ = try await output(.text, client) }
        #expect(error.code == .failed)
        let message = try #require(error.message)
        for canary in Self.canaries { #expect(!message.contains(canary)) }
        #expect(message.hasSuffix("."))
    }

    @Test("Files and URLs that cannot be used end with exit code 2 and say what to set")
    func unusable() async throws {
        func failure(_ configuration: RoutesConfiguration, url: String?, token: String?) -> CommandFailure? {
            do throws(CommandFailure) {
                _ = try RouteSource(configuration, url: url, tokenFile: token, caFile: nil)
                return nil
            } catch { return error }
        }
        let missing = "/nowhere/token"
        for (found, expected) in [
            (failure(RoutesConfiguration(), url: nil, token: missing), "routes.url"),
            (failure(RoutesConfiguration(), url: "https://o", token: nil), "routes.tokenFile"),
            (failure(RoutesConfiguration(), url: "https://o", token: missing), missing),
            (failure(RoutesConfiguration(), url: "http://o", token: missing), "https"),
            (failure(RoutesConfiguration(), url: "file:///x", token: missing), "--url"),
        ] {
            #expect(found?.code == .unusable)
            #expect(found?.message?.contains(expected) == true)
        }
        try await withTokenFile { file in
            #expect(failure(RoutesConfiguration(), url: "http://127.0.0.1:9443", token: file) == nil)
            let configured = RoutesConfiguration(url: try HTTPURL("https://o"), tokenFile: file)
            #expect(failure(configured, url: nil, token: nil) == nil)
        }
    }

    @Test("The part routes of a configuration is kept")
    func configuration() throws {
        let configuration = try ConfigurationFile.parse(
            """
            routes:
              url: https://operator.example:9443
              replicas: ["https://replicas.example:9443"]
              tokenFile: /t
              caFile: /c
            """,
            file: "config.yaml"
        )
        #expect(configuration.routes.url?.host == "operator.example")
        #expect(configuration.routes.replicas.map(\.host) == ["replicas.example"])
        #expect(configuration.routes.tokenFile == "/t")
        #expect(configuration.routes.caFile == "/c")
    }
}
