// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@Suite("Secrets, grants and events")
struct ResourceTests {
    @Test("A Secret's data is decoded, and its stringData has the last word")
    func secretData() throws {
        let json = try JSONValue(
            parsing:
                #"{"metadata":{"name":"a","creationTimestamp":null},"type":"Opaque","data":{"id":"YWJj","wrapped":"YW\nJj\n","no":"","null":null},"stringData":{"id":"xyz"}}"#
        )
        let secret = try Secret(json: json)
        #expect(secret.data["id"]?.exposed == Array("xyz".utf8))
        #expect(secret.data["wrapped"]?.exposed == Array("abc".utf8))
        #expect(secret.data["no"]?.exposed == [])
        #expect(secret.data["null"]?.exposed == [])
        #expect(!"\(secret)".contains("120"))
        #expect("\(secret)".contains("[redacted]"))
    }

    @Test(
        "A value that is not base64 is named by its key and not shown",
        arguments: ["hunter2!", "YWJ", "YQ=", "=", "a==="]
    )
    func badBase64(value: String) throws {
        let json: JSONValue = ["metadata": ["name": "a"], "data": ["password": .string(value)]]
        let error = try #require(throws: JSONDecodingError.self) { try Secret(json: json) }
        #expect(error.description == "data.password must be base64; plain text belongs under stringData")
    }

    @Test("A grant permits what it names and nothing else")
    func grants() throws {
        let json = try JSONValue(
            parsing:
                #"{"metadata":{"name":"g","namespace":"vault"},"spec":{"from":[{"group":"mcp.giantswarm.io","kind":"MCPServer","namespace":"team-a"}],"to":[{"group":"","kind":"Secret","name":"one"}]}}"#
        )
        let grant = try ReferenceGrant(json: json)
        let source = ReferenceGrant.Source(group: "mcp.giantswarm.io", kind: "MCPServer", namespace: "team-a")
        #expect(grant.permits(source, toReach: "one", group: "", kind: "Secret"))
        #expect(!grant.permits(source, toReach: "two", group: "", kind: "Secret"))
        #expect(!grant.permits(source, toReach: "one", group: "", kind: "ConfigMap"))
        let other = ReferenceGrant.Source(group: "mcp.giantswarm.io", kind: "MCPServer", namespace: "team-b")
        #expect(!grant.permits(other, toReach: "one", group: "", kind: "Secret"))
    }

    @Test("A grant without a name permits all of the kind; one without lists permits nothing")
    func openGrants() throws {
        let source = ReferenceGrant.Source(group: "g", kind: "K", namespace: "n")
        let open = ReferenceGrant(
            metadata: ObjectMeta(name: "g"),
            from: [source],
            to: [.init(group: "", kind: "Secret")]
        )
        #expect(open.permits(source, toReach: "any", group: "", kind: "Secret"))
        let empty = try ReferenceGrant(json: ["metadata": ["name": "g"], "spec": [:]])
        #expect(!empty.permits(source, toReach: "any", group: "", kind: "Secret"))
        let error = try #require(throws: JSONDecodingError.self) {
            try ReferenceGrant(json: ["metadata": ["name": "g"], "spec": ["from": [["kind": "K"]]]])
        }
        #expect(error.pointer.fieldPath == "spec.from[0].namespace")
    }

    static func event(note: String = "n", object name: String = "todo", namespace: String = "team-a") -> Event {
        Event(
            name: "todo.1",
            time: MicroTime(microsecondsSinceEpoch: 1_000_000),
            kind: .warning,
            reason: "Why",
            action: "Reconcile",
            note: note,
            reportingController: "example.com/c",
            reportingInstance: "pod-1",
            regarding: ObjectReference(
                apiVersion: "example.com/v1",
                kind: "Widget",
                key: ObjectKey(namespace: namespace, name: name),
                uid: "u"
            )
        )
    }

    @Test("An event is written as events.k8s.io/v1 wants it")
    func eventJSON() throws {
        #expect(
            Self.event().json.serializedText(.canonical)
                == #"{"action":"Reconcile","apiVersion":"events.k8s.io/v1","eventTime":"1970-01-01T00:00:01.000000Z","kind":"Event","metadata":{"name":"todo.1","namespace":"team-a"},"note":"n","reason":"Why","regarding":{"apiVersion":"example.com/v1","kind":"Widget","name":"todo","namespace":"team-a","uid":"u"},"reportingController":"example.com/c","reportingInstance":"pod-1","type":"Warning"}"#
        )
        #expect(Self.event(namespace: "").metadata.namespace == "default")
    }

    @Test("A note is cut between characters to at most 1024 bytes")
    func longNote() {
        let note = Self.event(note: String(repeating: "é", count: 2_000)).note
        #expect(note.utf8.count <= 1_024 && note.utf8.count > 1_000)
        #expect(note.hasSuffix("é\u{2026}"))
        #expect(Self.event(note: String(repeating: "x", count: 1_024)).note.utf8.count == 1_024)
    }

    @Test("An event is named after its object, or at random where that is no name")
    func eventNames() {
        var generator = SystemRandomNumberGenerator()
        let time = MicroTime(microsecondsSinceEpoch: 1)
        let named = Event.name(for: Self.event().regarding, at: time, using: &generator)
        #expect(named == "todo.3e8")
        let long = String(repeating: "a", count: 252)
        for name in [long, "Upper", "-a", ""] {
            let random = Event.name(for: Self.event(object: name).regarding, at: time, using: &generator)
            #expect(!random.contains("3e8"))
            #expect(random.utf8.count <= 40 && !random.isEmpty)
        }
    }
}
