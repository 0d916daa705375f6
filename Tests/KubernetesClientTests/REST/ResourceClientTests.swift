// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("Resource client", .timeLimit(.minutes(10)))
struct ResourceClientTests {
    @Test("A request goes under the server's path prefix, with the headers of its kind")
    func request() async throws {
        let fixture = try ClientFixture { _ in .json(Widget.text("todo")) }
        let widget = try await fixture.widgets.get(todo)
        #expect(widget.size == 1)
        let request = try #require(fixture.http.requests.first)
        #expect(request.url == "https://api.example:6443/prefix/apis/example.com/v1/namespaces/a/widgets/todo")
        #expect(request.headers["Accept"] == "application/json")
        #expect(request.headers["Authorization"] == nil)
        #expect(request.deadlines.total == .seconds(35))
        #expect(request.mayBeResent)
        #expect(fixture.factory.configurations.map(\.version) == [.http2, .http1])
        #expect(fixture.factory.configurations.map(\.userAgent) == ["sallyport/test", "sallyport/test"])
        #expect(fixture.factory.configurations.map(\.maximumRequestsPerHost) == [32, 32])
    }

    static func list(_ items: [String], continue token: String = "") -> String {
        #"{"kind":"WidgetList","apiVersion":"example.com/v1","metadata":{"resourceVersion":"42","continue":"\#(token)"},"items":["#
            + items.joined(separator: ",") + "]}"
    }

    @Test("T01: Pages follow their tokens and share the version of the first")
    func pages() async throws {
        let fixture = try ClientFixture(answers: [
            { .json(Self.list([Widget.text("x"), Widget.text("y")], continue: "t1")) },
            { .json(Self.list([Widget.text("z")])) },
        ])
        let first = try await fixture.widgets.list(ListOptions(limit: 2))
        #expect(first.items.compactMap(\.metadata?.name) == ["x", "y"])
        #expect(first.resourceVersion == ResourceVersion("42"))
        let second = try await fixture.widgets.list(ListOptions(limit: 2, continueToken: first.continueToken))
        #expect(second.items.compactMap(\.metadata?.name) == ["z"])
        #expect(second.continueToken == nil)
        #expect(
            fixture.http.requests.map { String($0.url.drop { $0 != "?" }) } == ["?limit=2", "?limit=2&continue=t1"]
        )
        #expect(fixture.http.requests.allSatisfy { $0.deadlines.total == .seconds(65) })
    }

    @Test("T02: An empty page that is not the last says so")
    func emptyPage() async throws {
        let fixture = try ClientFixture { _ in .json(Self.list([], continue: "more")) }
        let page = try await fixture.widgets.list()
        #expect(page.items.isEmpty)
        #expect(page.continueToken == "more")
    }

    @Test("T40: One item that does not decode leaves the others usable and keeps its key")
    func poisonedItem() async throws {
        var items = (0..<999).map { Widget.text("w\($0)") }
        items.insert(Widget.text("bad", size: #""x""#, version: "7"), at: 500)
        let body = Self.list(items)
        let fixture = try ClientFixture { _ in .json(body) }
        let page = try await fixture.widgets.list()
        var valid = 0
        for item in page.items {
            switch item {
            case .valid: valid += 1
            case .invalid(let metadata, _):
                #expect(metadata.key == ObjectKey(namespace: "a", name: "bad"))
                #expect(metadata.resourceVersion == ResourceVersion("7"))
            case .unreadable: Issue.record("unreadable")
            }
        }
        #expect(valid == 999)
    }

    @Test("T76: Metadata alone is asked for, and a whole object is taken without its rest")
    func metadataOnly() async throws {
        let fixture = try ClientFixture { _ in
            .json(
                #"{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"1"},"items":[\#(Widget.text("x", size: "null"))]}"#
            )
        }
        let partial: ResourceClient<PartialObjectMetadata<Widget>> = fixture.client.resources(in: .cluster)
        let page = try await partial.list()
        #expect(page.items.compactMap(\.metadata?.name) == ["x"])
        guard case .valid = page.items.first else {
            Issue.record("not valid")
            return
        }
        #expect(fixture.http.requests.first?.headers["Accept"]?.contains("as=PartialObjectMetadataList") == true)
    }

    @Test(
        "An answer that is no list is an error",
        arguments: [
            #"{"kind":"Table","rows":[]}"#, #"{"items":[]}"#, "<html>", "", #"{"kind":"WidgetList","items":[{}"#,
            #"{"kind":"WidgetList","items":[]} x"#,
        ]
    )
    func notAList(body: String) async throws {
        let fixture = try ClientFixture { _ in .json(body) }
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.list() }
        #expect(error.code == .unexpectedResponse)
    }

    @Test("T60: A failure Status in a 200 is an error for every verb")
    func failureInSuccess() async throws {
        let fixture = try ClientFixture { _ in
            .json(#"{"kind":"Status","status":"Failure","reason":"Expired","code":410}"#)
        }
        #expect(try await #require(throws: APIError.self) { try await fixture.widgets.list() }.code == .expired)
        #expect(try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }.code == .expired)
    }

    @Test(
        "An answer that is not the object asked for is an error",
        arguments: [#"{"kind":"Table"}"#, #"{"kind":"Gadget","metadata":{"name":"x"}}"#, "{", #"{"kind":"Widget"}"#]
    )
    func notAnObject(body: String) async throws {
        let fixture = try ClientFixture { _ in .json(body) }
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(error.code == .unexpectedResponse)
    }

    @Test("T52: An apply that changes nothing returns the old version; a conflict names the fields")
    func apply() async throws {
        let fixture = try ClientFixture(answers: [
            { .json(Widget.text("todo", version: "5")) },
            {
                .json(
                    #"{"kind":"Status","status":"Failure","reason":"Conflict","code":409,"details":{"causes":[{"reason":"FieldManagerConflict","field":".size","message":"conflict with \"x\""}]}}"#,
                    status: 409
                )
            },
        ])
        let intent: JSONValue = ["kind": "Widget", "size": 1]
        let same = try await fixture.widgets.apply(
            intent,
            to: todo,
            fieldManager: "m",
            force: true,
            subresource: .status
        )
        #expect(same.metadata.resourceVersion == ResourceVersion("5"))
        let error = try await #require(throws: APIError.self) {
            try await fixture.widgets.apply(intent, to: todo, fieldManager: "m", force: false)
        }
        #expect(error.code == .conflict)
        #expect(error.causes.map(\.field) == [".size"])
        #expect(fixture.http.requests.map(\.method) == [.patch, .patch])
    }

    @Test("T54: A delete takes a Status or the object for an answer, and a conflict for another uid")
    func delete() async throws {
        let fixture = try ClientFixture(answers: [
            { .json(#"{"kind":"Status","status":"Success"}"#) }, { .json(Widget.text("todo"), status: 202) },
            { .failure(404, "NotFound") }, { .failure(409, "Conflict") },
        ])
        try await fixture.widgets.delete(todo, uid: "u")
        try await fixture.widgets.delete(todo, uid: "u")
        let missing = try await #require(throws: APIError.self) { try await fixture.widgets.delete(todo, uid: "u") }
        #expect(missing.code == .notFound)
        let other = try await #require(throws: APIError.self) { try await fixture.widgets.delete(todo, uid: "u") }
        #expect(other.code == .conflict)
    }

    @Test("T51: An update starts over from a fresh read after a conflict, five times at most")
    func update() async throws {
        let fixture = try ClientFixture { request in
            request.method == .get ? .json(Widget.text("todo", version: "8")) : .failure(409, "Conflict")
        }
        let error = try await #require(throws: APIError.self) {
            try await fixture.advancing {
                try await fixture.widgets.update(todo, fieldManager: "m") { ["size": .integer(Int64($0.size) + 1)] }
            }
        }
        #expect(error.code == .conflict)
        #expect(fixture.http.requests.count == 10)
        guard case .bytes(let body)? = fixture.http.requests.last?.body else {
            Issue.record("no body")
            return
        }
        #expect(String(decoding: body, as: UTF8.self) == #"{"metadata":{"resourceVersion":"8"},"size":2}"#)
    }

    @Test("T51: An update with nothing to change writes nothing, and passes other errors on")
    func updateWithoutConflict() async throws {
        let fixture = try ClientFixture { request in
            request.method == .get ? .json(Widget.text("todo")) : .failure(403, "Forbidden")
        }
        _ = try await fixture.widgets.update(todo, fieldManager: "m") { _ in nil }
        #expect(fixture.http.requests.map(\.method) == [.get])
        let error = try await #require(throws: APIError.self) {
            try await fixture.widgets.update(todo, fieldManager: "m") { _ in ["size": 2] }
        }
        #expect(error.code == .forbidden)
        #expect(fixture.http.requests.count == 3)
    }

    @Test("A watch is a stream with the caller's idle deadline, and an error status is thrown at once")
    func watch() async throws {
        let fixture = try ClientFixture(answers: [
            { .json(#"{"type":"ADDED","object":\#(Widget.text("x"))}"# + "\n") }, { .failure(410, "Expired") },
            { .failure(429, "TooManyRequests", headers: ["Retry-After": "3"]) },
        ])
        let options = WatchOptions(
            resourceVersion: ResourceVersion("3"),
            timeout: .seconds(300),
            idleDeadline: .seconds(70)
        )
        let watch = try await fixture.widgets.watch(options)
        #expect(try await WatchSequenceTests.transcript(watch) == ["applied x"])
        let request = try #require(fixture.http.requests.first)
        #expect(request.trafficClass == .stream)
        #expect(request.deadlines.idle == .seconds(70))
        #expect(request.deadlines.total == .seconds(330))
        #expect(request.maximumResponseBody == nil)
        let gone = try await #require(throws: APIError.self) { try await fixture.widgets.watch(options) }
        #expect(gone.code == .expired)
        let busy = try await #require(throws: APIError.self) { try await fixture.widgets.watch(options) }
        #expect(busy.retryAfter == .seconds(3))
        #expect(fixture.http.requests.count == 3)
    }
}
