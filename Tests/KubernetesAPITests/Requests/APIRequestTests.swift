// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import Testing

@Suite("API requests")
struct APIRequestTests {
    @Test("A core resource lives under /api, any other under /apis")
    func paths() throws {
        let key = ObjectKey(namespace: "team-a", name: "todo")
        #expect(
            try APIRequest.get(key, of: Secret.resourceType, as: .full).target
                == "/api/v1/namespaces/team-a/secrets/todo"
        )
        #expect(
            try APIRequest.get(key, of: Widget.resourceType, as: .full).target
                == "/apis/example.com/v1/namespaces/team-a/widgets/todo"
        )
        let node = ObjectKey(namespace: "", name: "one")
        #expect(try APIRequest.get(node, of: nodes, as: .full).target == "/api/v1/nodes/one")
        #expect(
            try APIRequest.list(Widget.resourceType, in: .cluster, ListOptions(), as: .full).target
                == "/apis/example.com/v1/widgets"
        )
    }

    @Test(
        "A name that would leave its place in the path is refused",
        arguments: ["", ".", "..", "a/b", "a%2Fb", "/"]
    )
    func refusedNames(name: String) throws {
        let error = try #require(throws: APIError.self) {
            try APIRequest.get(ObjectKey(namespace: "team-a", name: name), of: Secret.resourceType, as: .full)
        }
        #expect(error.code == .badRequest)
        #expect(throws: APIError.self) {
            try APIRequest.list(Secret.resourceType, in: .namespace(name), ListOptions(), as: .full)
        }
    }

    @Test("A namespaced object without a namespace, and a cluster-scoped one with one, are refused")
    func scopes() {
        #expect(throws: APIError.self) {
            try APIRequest.get(ObjectKey(namespace: "", name: "a"), of: Secret.resourceType, as: .full)
        }
        #expect(throws: APIError.self) {
            try APIRequest.create(["kind": "Secret"], of: Secret.resourceType, namespace: "")
        }
        #expect(throws: APIError.self) {
            try APIRequest.get(ObjectKey(namespace: "a", name: "b"), of: nodes, as: .full)
        }
    }

    @Test("T01: A page after the first drops the resource version and its match")
    func continuedPage() throws {
        let request = try APIRequest.list(
            Widget.resourceType,
            in: .namespace("a"),
            ListOptions(
                resourceVersion: ResourceVersion("9"),
                notOlderThan: true,
                limit: 500,
                continueToken: "a+b/=",
                labelSelector: "x in (y)"
            ),
            as: .full
        )
        #expect(
            request.target
                == "/apis/example.com/v1/namespaces/a/widgets?labelSelector=x%20in%20%28y%29&limit=500&continue=a%2Bb%2F%3D"
        )
    }

    @Test("A limit is not combined with a resource version")
    func limitAndVersion() throws {
        let request = try APIRequest.list(
            nodes,
            in: .cluster,
            ListOptions(resourceVersion: ResourceVersion("7"), notOlderThan: true, limit: 10),
            as: .full
        )
        #expect(request.target == "/api/v1/nodes?resourceVersion=7&resourceVersionMatch=NotOlderThan")
        let first = try APIRequest.list(nodes, in: .cluster, ListOptions(limit: 10), as: .full)
        #expect(first.target == "/api/v1/nodes?limit=10")
    }

    @Test("T75: A watch of one object selects it by name")
    func watch() throws {
        let options = WatchOptions(
            resourceVersion: ResourceVersion("12"),
            timeout: .milliseconds(345_600),
            idleDeadline: .seconds(70),
            fieldSelector: "metadata.name=todo"
        )
        let request = try APIRequest.watch(Secret.resourceType, in: .namespace("a"), options, as: .metadata)
        #expect(
            request.target
                == "/api/v1/namespaces/a/secrets?watch=true&allowWatchBookmarks=true&resourceVersion=12"
                + "&timeoutSeconds=345&fieldSelector=metadata.name%3Dtodo"
        )
        #expect(request.repetition == .harmless)
    }

    @Test("T76: Metadata alone is asked for in the words of each verb")
    func accept() throws {
        let list = try APIRequest.list(Secret.resourceType, in: .cluster, ListOptions(), as: .metadata)
        #expect(list.accept == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json")
        let get = try APIRequest.get(ObjectKey(namespace: "a", name: "b"), of: Secret.resourceType, as: .metadata)
        #expect(get.accept == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json")
        let full = try APIRequest.list(Secret.resourceType, in: .cluster, ListOptions(), as: .full)
        #expect(full.accept == "application/json")
    }

    @Test("An apply has sorted keys and no null, so that the same intent is the same text")
    func apply() throws {
        let key = ObjectKey(namespace: "a", name: "b")
        let request = try APIRequest.apply(
            ["b": ["y": .null, "x": 1], "a": [["n": .null, "m": 2]]],
            to: key,
            of: Widget.resourceType,
            fieldManager: "sallyport status",
            force: true,
            subresource: .status
        )
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"a":[{"m":2}],"b":{"x":1}}"#)
        #expect(request.contentType == "application/apply-patch+yaml")
        #expect(
            request.target
                == "/apis/example.com/v1/namespaces/a/widgets/b/status?fieldManager=sallyport%20status&force=true"
        )
        #expect(request.method == .patch)
        #expect(throws: APIError.self) {
            try APIRequest.apply(
                [:],
                to: key,
                of: Widget.resourceType,
                fieldManager: "",
                force: false,
                subresource: nil
            )
        }
    }

    @Test("A merge patch keeps its nulls, which delete")
    func mergePatch() throws {
        let request = try APIRequest.mergePatch(
            ["a": .null],
            to: ObjectKey(namespace: "a", name: "b"),
            of: Widget.resourceType,
            fieldManager: "m",
            subresource: nil
        )
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"a":null}"#)
        #expect(request.contentType == "application/merge-patch+json")
        #expect(request.repetition == .unsafe)
    }

    @Test("T54: A delete names the object meant by its uid")
    func delete() throws {
        let request = try APIRequest.delete(
            ObjectKey(namespace: "a", name: "b"),
            of: Widget.resourceType,
            uid: "u-1"
        )
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u-1"}}"#
        )
        #expect(request.repetition == .idempotent)
    }
}
