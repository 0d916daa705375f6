// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Curl
import DemoWorld
import HTTPTransport
import JSON
import MCPGateway
import NIOConcurrencyHelpers
import RouteTable
import ServiceLifecycle
import TestSupport
import Testing

@testable import GatewayService

/// A gateway and the demonstration's enterprise on real sockets, with a browser that goes where it is sent.
struct ConsentWorld: Sendable {
    let enterprise: Enterprise
    let connections: ServerConnections
    let logs: RecordedLogs
    /// Where the gateway listens.
    let gateway: String
    let authenticator: BearerAuthenticator
    let client: any HTTPClient

    /// What came back, with its body read.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var json: JSONValue?

        /// The word of the gateway's own error.
        var reason: String? { json?["error"]?["data"]?["reason"]?.stringValue }
        /// Who the MCP server says that it was called by.
        var user: String? { json?["result"]?["structuredContent"]?["user"]?.stringValue }
    }

    /// Serves until the body returns, then stops in order.
    ///
    /// - Parameters:
    ///   - publicURL: What the gateway is to authorization servers; browsers are never really sent there.
    ///   - mode: What the server's route says.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func run(
        publicURL: String = "http://127.0.0.1:9",
        _ mode: @escaping @Sendable (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void = { _, _ in },
        _ body: (ConsentWorld) async throws -> Void
    ) async throws {
        let logs = RecordedLogs()
        let found = NIOLockedValueBox<(Enterprise?, GatewayServer.Address?)>((nil, nil))
        let transport = try CurlTransport()
        let demo = try DemoService(logger: logs.logger()) { enterprise in
            found.withLockedValue { $0.0 = enterprise }
        }
        let demoGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [demo], logger: logs.logger())
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await demoGroup.run() }
            let result: Result<Void, any Error>
            do {
                try #require(await eventually { found.withLockedValue { $0.0 } != nil })
                let enterprise = try #require(found.withLockedValue { $0.0 })
                let gateway = try ConsentGateway(enterprise, publicURL, transport, logs, mode)
                let server = try gateway.server { address in found.withLockedValue { $0.1 = address } }
                let group = ServiceGroup(
                    configuration: ServiceGroupConfiguration(services: [server], logger: logs.logger())
                )
                result = await withThrowingTaskGroup(of: Void.self, returning: Result<Void, any Error>.self) { work in
                    let outcome: Result<Void, any Error>
                    work.addTask { try await group.run() }
                    work.addTask { await gateway.run() }
                    do {
                        try #require(await eventually { found.withLockedValue { $0.1 } != nil })
                        let address = try #require(found.withLockedValue { $0.1 })
                        outcome = .success(
                            try await body(
                                ConsentWorld(
                                    enterprise: enterprise,
                                    connections: gateway.connections,
                                    logs: logs,
                                    gateway: "http://\(address)",
                                    authenticator: gateway.authenticator,
                                    client: gateway.client
                                )
                            )
                        )
                    } catch { outcome = .failure(error) }
                    await group.triggerGracefulShutdown()
                    work.cancelAll()
                    // What the servers throw when they are cancelled is nobody's concern.
                    while await work.nextResult() != nil {}
                    return outcome
                }
            } catch { result = .failure(error) }
            await demoGroup.triggerGracefulShutdown()
            try await tasks.waitForAll()
            await transport.shutdown()
            try result.get()
        }
    }

    /// The route to the server whose users consent.
    static func route(
        _ enterprise: Enterprise,
        _ change: (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void
    ) -> VersionedRoute {
        var mode = RouteAuthentication.AuthorizationCode(
            issuer: nil,
            scopes: [],
            authorizationEndpoint: nil,
            tokenEndpoint: nil,
            client: nil
        )
        change(enterprise, &mode)
        let url = enterprise.addresses.resource(.notes)
        let route = Route(
            key: RouteKey(namespace: "demo", name: "notes"),
            uid: "u1",
            generation: 1,
            type: "streamable-http",
            url: url,
            resource: url,
            timeout: .seconds(30),
            headers: [:],
            toolPrefix: nil,
            family: nil,
            description: nil,
            authentication: .authorizationCode(mode)
        )
        return VersionedRoute(route: route, version: "1")
    }
}
