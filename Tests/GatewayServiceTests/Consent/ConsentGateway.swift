// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Curl
import DemoWorld
import HTTPTransport
import JOSE
import JSON
import Logging
import MCPGateway
import OAuth
import OpenSSL
import RouteTable
import TestSupport

@testable import GatewayService

/// All that the gateway of a ``ConsentWorld`` is made of.
struct ConsentGateway: Sendable {
    let client: any HTTPClient
    private let directory: IssuerDirectory
    private let keys: ProviderKeys
    let authenticator: BearerAuthenticator
    private let broker: TokenBroker
    let connections: ServerConnections
    private let routes: LiveRoutes
    private let broadcast: RouteBroadcast
    private let gateway: Gateway
    private let logger: Logger

    /// No client of the gateway's at a provider is needed where users consent.
    private struct NoClients: ProviderClients {
        func client(ofIssuer issuer: String) -> ClientCredential? { nil }
        func revision(ofIssuer issuer: String) -> UInt64 { 0 }
    }

    init(
        _ enterprise: Enterprise,
        _ publicURL: String,
        _ transport: CurlTransport,
        _ logs: RecordedLogs,
        _ change: (Enterprise, inout RouteAuthentication.AuthorizationCode) -> Void
    ) throws {
        let trust = Self.trust(enterprise)
        let wallClock = DemoTime.system.now
        let random: @Sendable (Int) throws -> [UInt8] = { try RandomBytes.make(count: $0) }
        logger = logs.logger()
        client = try transport.makeClient(HTTPClientConfiguration())
        directory = IssuerDirectory(
            trust: trust,
            client: client,
            restrictedClient: client,
            clock: ContinuousClock(),
            logger: logger
        )
        let clock = ContinuousClock()
        keys = ProviderKeys(trust: trust, directory: directory, client: client, clock: clock, logger: logger)
        authenticator = BearerAuthenticator(trust: trust, keys: keys.lookup, wallClock: wallClock, logger: logger)
        routes = LiveRoutes()
        let audit = LogAuditSink(logger: logger)
        let environment = BrokerEnvironment(
            client: client,
            restrictedClient: client,
            allowsLoopbackHTTP: trust.allowLoopbackHTTP,
            clock: clock,
            wallClock: wallClock,
            random: random,
            metrics: NOOPMetricsHandler.instance
        )
        broker = try TokenBroker(
            TokenBroker.Dependencies(
                trust: trust,
                directory: directory,
                authenticator: authenticator,
                keys: keys.lookup,
                currentRoute: { [routes] in routes.snapshot[$0] },
                providers: NoClients(),
                environment: environment,
                audit: audit
            )
        )
        connections = ServerConnections(
            ServerConnections.Dependencies(
                trust: trust,
                directory: directory,
                gateway: GatewayClient(publicURL: publicURL),
                environment: environment,
                audit: audit
            )
        )
        broadcast = RouteBroadcast()
        _ = broadcast.put(ConsentWorld.route(enterprise, change))
        gateway = Gateway(
            identity: try GatewayIdentity(publicURL: publicURL, issuers: [], allowedHosts: ["127.0.0.1"]),
            routes: routes,
            authenticator: authenticator,
            broker: broker,
            // Nobody runs it: there is nothing that a sign-in alone would obtain.
            sessions: SessionStart(
                settings: SessionStartSettings(servers: .none),
                routes: routes,
                broker: broker,
                clock: clock,
                metrics: NOOPMetricsHandler.instance,
                onDisplaced: { _ in }
            ),
            connections: connections,
            relay: try Self.relay(broker, connections, client, leeway: authenticator.leeway),
            limits: RelayLimits(),
            audit: audit,
            wallClock: wallClock
        )
    }

    private static func relay(
        _ broker: TokenBroker,
        _ connections: ServerConnections,
        _ client: any HTTPClient,
        leeway: Duration
    ) throws -> Relay {
        let random: @Sendable (Int) throws -> [UInt8] = { try RandomBytes.make(count: $0) }
        return Relay(
            broker: broker,
            connections: connections,
            client: client,
            seal: try SessionSeal(keys: [Redacted(try random(32))], random: random),
            limits: RelayLimits(),
            clock: ContinuousClock(),
            wallClock: DemoTime.system.now,
            leeway: leeway,
            hosts: HostLabels(),
            metrics: NOOPMetricsHandler.instance
        )
    }

    func server(_ onListening: @escaping @Sendable (GatewayServer.Address) async -> Void) throws -> GatewayServer {
        try GatewayServer(
            address: GatewayServer.Address(host: "127.0.0.1", port: 0),
            gateway: gateway,
            identity: nil,
            logger: logger,
            onListening: onListening
        )
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            // Each ends by cancellation alone.
            group.addTask { do { try await directory.run() } catch {} }
            group.addTask { do { try await keys.run() } catch {} }
            group.addTask { do { try await broker.run() } catch {} }
            group.addTask { do { try await connections.run() } catch {} }
            group.addTask { await RouteFeed(from: broadcast, into: routes).run() }
        }
    }

    private static func trust(_ enterprise: Enterprise) -> GatewayTrust {
        GatewayTrust(
            identityProviders: [
                GatewayTrust.IdentityProvider(
                    issuer: enterprise.addresses.identityProvider,
                    bearerAudiences: [DemoCredentials.identityProviderClient]
                )
            ],
            allowLoopbackHTTP: true
        )
    }
}
