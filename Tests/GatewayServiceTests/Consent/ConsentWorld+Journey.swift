// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DemoWorld
import HTTPTransport
import JSON
import MCPGateway
import RouteTable
import Testing

extension ConsentWorld {
    func send(
        _ method: OutgoingRequest.Method,
        _ url: String,
        _ headers: HTTPHeaders = [:],
        body: JSONValue? = nil
    ) async throws -> Answer {
        let response = try await client.send(
            OutgoingRequest(
                method,
                url,
                headers: headers,
                body: body.map { .bytes($0.serialized()) } ?? .none,
                deadlines: Deadlines(connect: .seconds(60), head: nil, total: .seconds(60))
            )
        )
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let json: JSONValue?
        // What is no JSON is a page, or nothing.
        do { json = try JSONValue(parsing: bytes) } catch { json = nil }
        return Answer(status: response.status, headers: response.headers, json: json)
    }

    /// An ID token of a user.
    func idToken(_ user: String) async throws -> String {
        let answer = try await send(.post, enterprise.addresses.signIn, body: ["user": .string(user)])
        return try #require(answer.json?["id_token"]?.stringValue)
    }

    /// A user who is signed in at the gateway.
    func session(_ user: String) async throws -> Session {
        try await authenticator.authenticate(Redacted(try await idToken(user)))
    }

    /// Sends a user on the way.
    func begin(
        _ session: Session,
        _ mode: (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void = { _, _ in }
    ) async throws -> String {
        try await connections.begin(session, Self.route(enterprise, mode), correlationID: "begin").exposed
    }

    /// Goes to the authorization server as a user's browser: the query that it is sent back with.
    func consent(_ url: String, as user: String) async throws -> String {
        let answer = try await send(.get, url, ["Cookie": "demo_user=\(user)"])
        #expect(answer.status == 302)
        let location = try #require(answer.headers["Location"])
        return String(try #require(location.split(separator: "?", maxSplits: 1).last))
    }

    func complete(_ query: String, _ session: Session) async throws {
        #expect(
            try await connections.complete(
                query,
                at: connections.gateway.redirectURI,
                session,
                correlationID: "complete"
            ) == RouteKey(namespace: "demo", name: "notes")
        )
    }

    /// What a completion is refused with.
    func refusal(_ query: String, _ session: Session) async throws -> BrokerError {
        try await #require(throws: BrokerError.self) { try await complete(query, session) }
    }

    /// Calls the MCP server through the gateway.
    func call(_ user: String, tool: String = "whoami") async throws -> Answer {
        try await send(
            .post,
            gateway + "/servers/demo/notes/mcp",
            [
                "Authorization": "Bearer \(try await idToken(user))", "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
            ],
            body: ["jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["name": .string(tool)]]
        )
    }

    func setFaults(_ json: JSONValue) throws { enterprise.setFaults(try FaultTable(json: json)) }

    func count(_ endpoint: DemoEndpoint) -> Int { enterprise.counters[endpoint].requests }
}
