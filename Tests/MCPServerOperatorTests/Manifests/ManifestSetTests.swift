// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import Testing

@testable import MCPServerOperator

@Suite("Manifest set")
struct ManifestSetTests {
    static func source(_ name: String, _ text: String) -> ManifestSource {
        ManifestSource(name: name, content: .text(text))
    }

    static let secret = """
        apiVersion: v1
        kind: Secret
        metadata: {name: idp}
        data: {client-id: YQ==}
        stringData: {client-secret: plain}

        """

    static func server(_ name: String, url: String = "https://todo.example/mcp", extra: String = "") -> String {
        """
        apiVersion: mcp.giantswarm.io/v1alpha1
        kind: MCPServer
        metadata: {name: \(name)}
        spec:
          type: streamable-http
          url: \(url)
        \(extra)
        """
    }

    static func snapshot(_ set: ManifestSet, after previous: ManifestSnapshot = ManifestSnapshot()) -> ManifestSnapshot
    {
        ManifestSnapshot(set, after: previous, digest: Cryptography.fake.digest)
    }

    @Test("a file holds many objects; those without namespace are in default, other kinds are counted")
    func objects() {
        var set = ManifestSet()
        let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
        set.load([Self.source("a.yaml", [Self.server("one"), Self.secret, other].joined(separator: "---\n"))])
        let snapshot = Self.snapshot(set)
        #expect(snapshot.servers.keys.map(\.description) == ["default/one"])
        #expect(
            snapshot.secrets[ObjectKey(namespace: "default", name: "idp")]?.data["client-secret"]?.exposed
                == Array("plain".utf8)
        )
        #expect(snapshot.otherKinds == ["ConfigMap": 1])
        #expect(snapshot.problems.isEmpty)
    }

    @Test("the items of a List are objects, with their own places")
    func list() throws {
        var set = ManifestSet()
        set.load([
            Self.source(
                "a.yaml",
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {a: '*'}\n"
            )
        ])
        let problem = try #require(Self.snapshot(set).problems.first)
        #expect(problem.line == 7)
        #expect(problem.name == "s")
    }

    @Test("a file that no longer parses keeps its last good objects and shows the error with its place")
    func lastGood() throws {
        var set = ManifestSet()
        set.load([Self.source("a.yaml", Self.server("one"))])
        set.load([Self.source("a.yaml", "kind: [unclosed\n")])
        #expect(Self.snapshot(set).servers.count == 1)
        let problem = try #require(set.problems.first)
        #expect(problem.file == "a.yaml")
        #expect(problem.line > 0)
        #expect(problem.reason == "InvalidYAML")
        set.load([Self.source("a.yaml", Self.server("one"))])
        #expect(set.problems.isEmpty)
    }

    @Test("a deleted file takes its objects with it, an unreadable one does not")
    func deletion() {
        var set = ManifestSet()
        set.load([Self.source("a.yaml", Self.server("one")), Self.source("b.yaml", Self.server("two"))])
        set.load([ManifestSource(name: "a.yaml", content: .unreadable("No."))])
        #expect(Self.snapshot(set).servers.count == 2)
        #expect(set.problems.map(\.message) == ["No."])
        set.load([ManifestSource(name: "a.yaml", content: .absent)])
        #expect(Self.snapshot(set).servers.keys.map(\.name) == ["two"])
        #expect(set.problems.isEmpty)
    }

    @Test("of two files with one object the first loaded has it, the error names both, and the other inherits it")
    func duplicates() throws {
        var set = ManifestSet()
        set.load([Self.source("b.yaml", Self.server("one", url: "https://b.example"))])
        set.load([Self.source("a.yaml", Self.server("one", url: "https://a.example"))])
        let key = ObjectKey(namespace: "default", name: "one")
        func url() -> String? {
            guard case .spec(let spec)? = Self.snapshot(set).servers[key]?.content else { return nil }
            return spec.url
        }
        #expect(url() == "https://b.example")
        let problem = try #require(set.problems.first)
        #expect(problem.reason == "Duplicate")
        #expect(problem.file == "a.yaml")
        #expect(problem.message.contains("'a.yaml'") && problem.message.contains("'b.yaml'"))
        set.load([Self.source("b.yaml", Self.server("one", url: "https://b2.example"))])
        #expect(url() == "https://b2.example")
        set.load([ManifestSource(name: "b.yaml", content: .absent)])
        #expect(url() == "https://a.example")
        #expect(set.problems.isEmpty)
    }

    @Test("an object stays with the file that had it when an older file takes it in as well")
    func olderFile() {
        var set = ManifestSet()
        set.load([Self.source("a.yaml", Self.server("other"))])
        set.load([Self.source("b.yaml", Self.server("one"))])
        set.load([Self.source("a.yaml", Self.server("one"))])
        #expect(set.problems.map(\.file) == ["a.yaml"])
    }

    @Test("generation counts changes of the spec; uid and version follow from name and content")
    func versions() throws {
        let key = ObjectKey(namespace: "default", name: "one")
        var set = ManifestSet()
        set.load([Self.source("a.yaml", Self.server("one"))])
        let first = Self.snapshot(set)
        set.load([Self.source("a.yaml", "# a comment\n" + Self.server("one"))])
        let second = Self.snapshot(set, after: first)
        #expect(second.serversAffected(since: first).isEmpty)
        set.load([Self.source("a.yaml", Self.server("one", url: "https://other.example"))])
        let third = Self.snapshot(set, after: second)
        #expect(third.serversAffected(since: second) == [key])
        #expect(third.servers[key]?.metadata.generation == 2)
        #expect(third.servers[key]?.metadata.uid == first.servers[key]?.metadata.uid)
        #expect(third.servers[key]?.metadata.resourceVersion != first.servers[key]?.metadata.resourceVersion)
    }

    @Test("a changed Secret affects the servers that refer to it, and no other")
    func affected() {
        var set = ManifestSet()
        let referring = Self.server(
            "one",
            extra: "  auth: {tokenExchange: {enabled: true, clientCredentialsSecretRef: {name: idp}}}\n"
        )
        set.load([Self.source("a.yaml", referring), Self.source("b.yaml", Self.server("two"))])
        let before = Self.snapshot(set)
        set.load([Self.source("s.yaml", Self.secret)])
        #expect(Self.snapshot(set, after: before).serversAffected(since: before).map(\.name) == ["one"])
    }

    @Test("an unknown field is a finding at its own line")
    func unknownField() async throws {
        let report = try await Self.validate(Self.server("one", extra: "  urll: x\n"))
        let problem = try #require(report.problems.first)
        #expect(report.problems.count == 1)
        #expect(problem.line == 7 && problem.column == 3)
        #expect(problem.field == "spec.urll")
        #expect(problem.reason == "InvalidSpec")
    }

    static func validate(
        _ text: String...,
        trust: TrustConfiguration? = nil,
        references: ManifestValidation.References = .check
    ) async throws -> ValidationReport {
        let validation = ManifestValidation(
            trust: trust,
            references: references,
            requiresSecretLabel: false,
            cryptography: .fake
        )
        return try await validation.report(on: text.enumerated().map { source("\($0.offset).yaml", $0.element) })
    }

    @Test("a missing object is named by the nearest thing that is there")
    func nearestPlace() async throws {
        let report = try await Self.validate(
            "apiVersion: mcp.giantswarm.io/v1alpha1\nkind: MCPServer\nmetadata: {name: a}\nspec:\n  type: streamable-http\n"
        )
        let problem = try #require(report.problems.first)
        #expect(problem.field == "spec.url")
        #expect(problem.line == 4)
        #expect(problem.name == "a" && problem.namespace == "default")
    }

    @Test("another version of our group is refused, another group is another kind")
    func otherVersion() async throws {
        let text = Self.server("one")
        let ours = try await Self.validate(text.replacing("v1alpha1", with: "v1beta9"))
        #expect(ours.problems.map(\.field) == ["apiVersion"])
        #expect(ours.objects == 0)
        let others = try await Self.validate(text.replacing("mcp.giantswarm.io", with: "muster.giantswarm.io"))
        #expect(others.problems.isEmpty)
        #expect(others.notes.contains("Objects of other kinds were ignored: 1 MCPServer."))
    }

    @Test("trust is checked only with a configuration, and one note says so")
    func trust() async throws {
        let text = Manifest.enterprise(
            "idpIssuer: https://evil.example",
            "mcpAuthServerClient: {clientCredentialsSecretRef: {name: x}}"
        )
        let without = try await Self.validate(text)
        #expect(without.problems.isEmpty)
        #expect(without.notes.count { $0.contains("--config") } == 1)
        let with = try await Self.validate(text, trust: .corporate)
        #expect(with.problems.map(\.reason) == ["IssuerNotTrusted"])
        #expect(with.problems.first?.field == "spec.auth.enterpriseIdP.idpIssuer")
        #expect(!with.notes.contains { $0.contains("--config") })
    }

    @Test("what only the network could tell is a note")
    func discovery() async throws {
        let text = Manifest.enterprise(
            "idpIssuer: https://idp.example",
            "mcpAuthServerClient: {clientCredentialsSecretRef: {name: x}}"
        )
        let report = try await Self.validate(text, trust: .corporate)
        #expect(report.problems.isEmpty)
        #expect(report.notes.contains { $0.contains("https://idp.example") })
    }

    @Test("Secrets are looked up among the files, unless these hold none or references are ignored")
    func references() async throws {
        let alone = try await Self.validate(Manifest.plain)
        #expect(alone.problems.isEmpty)
        #expect(alone.notes.contains { $0.contains("References to Secrets were not checked: 2") })
        let withSecrets = try await Self.validate(Manifest.plain, Self.secret)
        #expect(withSecrets.problems.map(\.reason) == ["SecretNotFound", "SecretNotFound"])
        #expect(withSecrets.problems.map(\.line).allSatisfy { $0 > 0 })
        let ignored = try await Self.validate(Manifest.plain, Self.secret, references: .ignore)
        #expect(ignored.problems.isEmpty)
    }

    @Test("the JSON form has the fields of the contract")
    func json() async throws {
        let report = try await Self.validate(Self.server("one", extra: "  urll: x\n"))
        let text = report.json.serializedText(.compact)
        #expect(
            text == """
                {"objects":1,"problems":[{"file":"0.yaml","line":7,"column":3,"kind":"MCPServer","namespace":"default",\
                "name":"one","field":"spec.urll","reason":"InvalidSpec",\
                "message":"The field 'spec.urll' is unknown. Correct its name, or remove it."}]}
                """
        )
    }
}
