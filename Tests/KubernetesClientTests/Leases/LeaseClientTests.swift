// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("Lease client")
struct LeaseClientTests {
    static let key = ObjectKey(namespace: "system", name: "operator")
    static let text =
        #"{"metadata":{"name":"operator","namespace":"system","resourceVersion":"7"},"spec":{"holderIdentity":"b","strategy":"x"}}"#

    static func refusal(_ status: Int, _ reason: String) -> IncomingResponse {
        .json(#"{"kind":"Status","status":"Failure","reason":"\#(reason)","code":\#(status)}"#, status: status)
    }

    @Test("Reading asks for the one Lease, and gives up after 5 s")
    func get() async throws {
        let fixture = try ClientFixture { _ in .json(Self.text) }
        let lease = try #require(try await LeaseClient(Self.key, client: fixture.client).get())
        #expect(lease.holder == "b")
        let request = try #require(fixture.http.requests.first)
        #expect(request.method == .get)
        #expect(request.url.hasSuffix("/apis/coordination.k8s.io/v1/namespaces/system/leases/operator"))
        #expect(request.deadlines.total == .seconds(5) && request.deadlines.head == .seconds(5))
    }

    @Test("A Lease that is not there is none, and no error")
    func missing() async throws {
        let fixture = try ClientFixture { _ in Self.refusal(404, "NotFound") }
        #expect(try await LeaseClient(Self.key, client: fixture.client).get() == nil)
    }

    @Test("An update replaces the whole Lease at the version it was read at, and is not sent twice")
    func update() async throws {
        let fixture = try ClientFixture { request in
            if request.method == .get { return .json(Self.text) }
            throw HTTPTransportError(.connectionLost, "The connection broke.", mayHaveBeenSent: true)
        }
        let client = LeaseClient(Self.key, client: fixture.client)
        let lease = try #require(try await client.get())
        let error = await #expect(throws: APIError.self) { _ = try await client.update(lease) }
        #expect(error?.mayHaveBeenApplied == true)
        let writes = fixture.http.requests.filter { $0.method == .put }
        #expect(writes.count == 1)
        let write = try #require(writes.first)
        #expect(write.url.hasSuffix("/leases/operator"))
        #expect(write.deadlines.total == .seconds(5))
        #expect(!write.mayBeResent)
        guard case .bytes(let body) = write.body else {
            Issue.record("The body is not bytes")
            return
        }
        #expect(try JSONValue(parsing: body) == JSONValue(parsing: Array(Self.text.utf8)))
    }

    @Test("Somebody else's write is a conflict")
    func conflict() async throws {
        let fixture = try ClientFixture { request in
            request.method == .get ? .json(Self.text) : Self.refusal(409, "Conflict")
        }
        let client = LeaseClient(Self.key, client: fixture.client)
        let lease = try #require(try await client.get())
        let error = await #expect(throws: APIError.self) { _ = try await client.update(lease) }
        #expect(error?.code == .conflict)
    }

    @Test("A new Lease is posted to its namespace")
    func create() async throws {
        let fixture = try ClientFixture { _ in .json(Self.text, status: 201) }
        let new = Lease(Self.key, holder: "a", for: .seconds(15), at: MicroTime(microsecondsSinceEpoch: 0))
        _ = try await LeaseClient(Self.key, client: fixture.client).create(new)
        let request = try #require(fixture.http.requests.first)
        #expect(request.method == .post && request.url.hasSuffix("/namespaces/system/leases"))
    }

    @Test("A watch asks for the one Lease by name")
    func watch() async throws {
        let fixture = try ClientFixture { _ in .json(#"{"type":"MODIFIED","object":\#(Self.text)}"#) }
        let changes = try await LeaseClient(Self.key, client: fixture.client).watch(after: ResourceVersion("7"))
        var holders: [String] = []
        for try await change in changes {
            if case .applied(.valid(let lease)) = change { holders.append(lease.holder) }
        }
        #expect(holders == ["b"])
        #expect(fixture.http.requests.first?.url.contains("fieldSelector=metadata.name%3Doperator") == true)
        #expect(fixture.http.requests.first?.url.contains("resourceVersion=7") == true)
    }
}
