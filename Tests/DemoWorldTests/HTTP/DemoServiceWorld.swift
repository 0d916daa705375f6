// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Curl
import HTTPTransport
import JSON
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import TestSupport
import Testing

@testable import DemoWorld

/// The enterprise on real sockets, and a client.
final class DemoServiceWorld: Sendable {
    let enterprise: Enterprise
    private let client: any HTTPClient

    private init(_ enterprise: Enterprise, _ client: any HTTPClient) {
        self.enterprise = enterprise
        self.client = client
    }

    /// Serves until the body returns, then stops in order.
    static func run(_ body: (DemoServiceWorld) async throws -> Void) async throws {
        let listening = NIOLockedValueBox<Enterprise?>(nil)
        let service = try DemoService(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { enterprise in
            listening.withLockedValue { $0 = enterprise }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [service],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        let transport = try CurlTransport()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                try #require(await eventually { listening.withLockedValue { $0 } != nil })
                let enterprise = try #require(listening.withLockedValue { $0 })
                let client = try transport.makeClient(HTTPClientConfiguration())
                result = .success(try await body(DemoServiceWorld(enterprise, client)))
            } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            await transport.shutdown()
            try result.get()
        }
    }

    /// What came back, with its body read.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var bytes: [UInt8]

        var json: JSONValue? {
            do { return try JSONValue(parsing: bytes) } catch { return nil }
        }
        subscript(member: String) -> String? { json?[member]?.stringValue }
    }

    func send(
        _ method: OutgoingRequest.Method,
        _ url: String,
        headers: HTTPHeaders = [:],
        body: String? = nil,
        total: Duration = .seconds(60)
    ) async throws -> Answer {
        let response = try await client.send(
            OutgoingRequest(
                method,
                url,
                headers: headers,
                body: body.map { .bytes(Array($0.utf8)) } ?? .none,
                deadlines: Deadlines(connect: .seconds(60), head: nil, total: total)
            )
        )
        return Answer(
            status: response.status,
            headers: response.headers,
            bytes: try await response.body.collect(upTo: 1 << 20)
        )
    }

    func token(
        _ url: String,
        _ parameters: [(String, String)],
        _ id: String,
        _ proof: DemoCredentials.Proof,
        total: Duration = .seconds(60)
    ) async throws -> Answer {
        let parameters = parameters + [("client_id", id), ("client_secret", proof.secret.exposed)]
        return try await send(
            .post,
            url,
            headers: ["Content-Type": EnterpriseWorld.form],
            body: parameters.map { "\($0.0)=\(EnterpriseWorld.encoded($0.1))" }.joined(separator: "&"),
            total: total
        )
    }

    /// An ID token of a user.
    func signIn(_ user: String) async throws -> String {
        let body = "{\"user\":\"\(user)\"}"
        let answer = try await send(
            .post,
            enterprise.addresses.signIn,
            headers: ["Content-Type": "application/json"],
            body: body
        )
        return try #require(answer["id_token"])
    }

    /// Asks for an ID-JAG.
    func exchange(_ idToken: String, _ server: MCPServerName, total: Duration = .seconds(60)) async throws -> Answer {
        let addresses = enterprise.addresses
        return try await token(
            addresses.identityProviderTokenEndpoint,
            [
                ("grant_type", RegisteredClient.Grant.tokenExchange.rawValue),
                ("requested_token_type", TokenKind.idJAG), ("audience", addresses.authorizationServer),
                ("resource", addresses.resource(server)), ("subject_token", idToken),
                ("subject_token_type", TokenKind.idToken),
            ],
            DemoCredentials.identityProviderClient,
            enterprise.credentials.identityProvider,
            total: total
        )
    }

    /// Redeems an ID-JAG.
    func redeem(_ idJAG: String) async throws -> Answer {
        try await token(
            enterprise.addresses.authorizationServerTokenEndpoint,
            [("grant_type", RegisteredClient.Grant.jwtBearer.rawValue), ("assertion", idJAG)],
            DemoCredentials.authorizationServerClient,
            enterprise.credentials.authorizationServer
        )
    }

    /// Calls a method of an MCP server.
    func call(_ server: MCPServerName, _ method: String, tool: String? = nil, token: String?) async throws -> Answer {
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        ]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let parameters: JSONValue = tool.map { ["name": .string($0)] } ?? [:]
        let body: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": parameters]
        let url = enterprise.addresses.resource(server)
        return try await send(.post, url, headers: headers, body: body.serializedText())
    }

    /// Sets faults, over the administration endpoint.
    func setFaults(_ json: JSONValue) async throws {
        let url = enterprise.addresses.administration + "/demo/faults"
        #expect(try await send(.put, url, body: json.serializedText()).status == 200)
    }

    /// The counters of an endpoint, over the administration endpoint.
    func counters(_ endpoint: DemoEndpoint) async throws -> JSONValue {
        let answer = try await send(.get, enterprise.addresses.administration + "/demo/counters")
        return try #require(answer.json?[endpoint.name])
    }
}
