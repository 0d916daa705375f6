// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

@testable import DemoWorld

@Suite("Manifests of the demonstration")
struct DemoManifestsTests {
    private static func files(
        _ folder: String,
        _ servers: [MCPServerName] = MCPServerName.allCases
    ) throws -> [DemoFile] {
        let enterprise = try EnterpriseWorld().enterprise
        return DemoManifests(of: enterprise, folder: folder, gatewayPort: 9_000, servers: servers).files
    }

    private static func contents(_ servers: [MCPServerName] = MCPServerName.allCases) throws -> [String: String] {
        Dictionary(try files("/demo", servers).map { ($0.path, $0.content.exposed) }) { first, _ in first }
    }

    @Test("The manifests fit the servers")
    func content() throws {
        let files = try Self.contents()
        let todo = try #require(files["manifests/todo.yaml"])
        #expect(todo.contains("  url: \"https://todo.test/mcp\"\n"))
        #expect(todo.contains("      mcpAuthServerIssuer: \"https://ras.test\"\n"))
        #expect(todo.contains("      scopes: todo.read\n      stepUpScopes: todo.write\n"))
        #expect(try #require(files["manifests/payroll.yaml"]).contains("clientAuthMethod: private_key_jwt\n"))
        let configuration = try #require(files["sallyport.yaml"])
        #expect(configuration.contains("listen: 127.0.0.1:9000\nhealth: {listen: 127.0.0.1:9001}\n"))
        #expect(configuration.contains("    clientSecretFile: \"/demo/identity-provider/client-secret\"\n"))
        // Only the files that hold credentials hold credentials.
        let secret = try #require(files["identity-provider/client-secret"])
        #expect(!configuration.contains(secret))
        #expect(try #require(files["manifests/secrets.yaml"]).contains("-----BEGIN PRIVATE KEY-----\\n"))
        #expect(files.values.filter { $0.contains("PRIVATE KEY") }.count == 2)
    }

    @Test("Each server has its mode, and the configuration says where ID tokens may go for it")
    func modes() throws {
        let files = try Self.contents()
        func hasMode(_ server: MCPServerName, _ text: String) throws -> Bool {
            try #require(files["manifests/\(server.rawValue).yaml"]).hasSuffix("\n  auth:\n\(text)\n")
        }
        #expect(try hasMode(.notes, "    type: oauth"))
        #expect(try hasMode(.handbook, "    type: none"))
        #expect(try hasMode(.directory, "    forwardToken: true\n    requiredAudiences: [directory]"))
        #expect(
            try hasMode(
                .calendar,
                """
                    requiredAudiences: [calendar]
                    tokenExchange:
                      enabled: true
                      dexTokenEndpoint: "https://exchange.test/token"
                      expectedIssuer: "https://exchange.test"
                      connectorId: enterprise
                      scopes: openid email
                      clientCredentialsSecretRef: {name: gateway-exchange-client}
                """
            )
        )
        let secret = try #require(files["manifests/exchange-secrets.yaml"])
        #expect(secret.contains("  client-id: gateway-exchange\n  client-secret: \""))
        let configuration = try #require(files["sallyport.yaml"])
        #expect(configuration.contains("\n    tokenEndpoints: [\"https://exchange.test/token\"]\n"))
        #expect(
            configuration.contains("\n    forwardTo: [{audience: directory, urls: [\"https://directory.test/mcp\"]}]\n")
        )
    }

    @Test("Servers can be left out, and what only they need with them")
    func fewer() throws {
        let files = try Self.contents([.todo, .payroll])
        let manifests = files.keys.filter { $0.hasPrefix("manifests/") }.sorted()
        #expect(manifests == ["manifests/payroll.yaml", "manifests/secrets.yaml", "manifests/todo.yaml"])
        let configuration = try #require(files["sallyport.yaml"])
        #expect(!configuration.contains("tokenEndpoints") && !configuration.contains("forwardTo"))
    }

    @Test("They are written for their owner's eyes alone, again and again")
    func writing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "demo-\(UUID().uuidString)").path
        defer {
            // What is left behind in the system's temporary folder harms nobody.
            do { try FileManager.default.removeItem(atPath: folder) } catch {}
        }
        for _ in 0..<2 {
            let files = try Self.files(folder)
            try DemoFile.write(files, into: folder)
            for file in files {
                let path = folder + "/" + file.path
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                #expect(
                    FileManager.default.contents(atPath: path).map { Array($0) } == Array(file.content.exposed.utf8)
                )
            }
        }
        #expect(throws: DemoFileError.self) {
            try DemoFile.write(try Self.files("/proc/none"), into: "/proc/none")
        }
    }

    @Test("A file prints without what is in it")
    func redacted() throws {
        for file in try Self.files("/demo") { #expect(!"\(file)".contains(file.content.exposed)) }
    }
}
