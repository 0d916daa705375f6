// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

@testable import DemoWorld

@Suite("Manifests of the demonstration")
struct DemoManifestsTests {
    private static func files(_ folder: String) throws -> [DemoFile] {
        DemoManifests(of: try EnterpriseWorld().enterprise, folder: folder, gatewayPort: 9_000).files
    }

    @Test("The manifests fit the servers")
    func content() throws {
        let files = Dictionary(try Self.files("/demo").map { ($0.path, $0.content.exposed) }) { first, _ in first }
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
