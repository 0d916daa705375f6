// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import GatewayService
import HTTPTransport
import InboundHTTP
import JOSE
import JSON
import KubernetesClient
import Logging
import MCPGateway
import MCPServerOperator
import OpenSSL
import RouteTable
import ServiceLifecycle

/// Puts a gateway together from a configuration, whoever fills its routes.
struct GatewayParts: Sendable {
    let routes: LiveRoutes
    let judge: TrustingJudge
    let engine: GatewayEngine
    let server: GatewayServerService
    private let providers: ProviderFiles

    /// - Parameters:
    ///   - launch: The configuration, logs and metrics.
    ///   - trust: What is trusted, which `serve` may widen.
    ///   - transport: Makes clients.
    /// - Throws: ``CommandFailure`` when the configuration cannot be used.
    init(_ launch: Launch, trust: TrustConfiguration, transport: any HTTPClientFactory) throws(CommandFailure) {
        let logger = launch.logger("gateway")
        let configuration = launch.configuration.gateway
        let gatewayTrust = GatewayTrust(trust, configuration.providers)
        do {
            let routes = LiveRoutes()
            let clients = try Self.clients(trust, configuration.limits, transport)
            let directory = IssuerDirectory(
                trust: gatewayTrust,
                client: clients.configured,
                restrictedClient: clients.restricted,
                clock: ContinuousClock(),
                logger: logger
            )
            let keys = Self.keys(gatewayTrust, directory, clients.configured, logger)
            let authenticator = BearerAuthenticator(
                trust: gatewayTrust,
                keys: keys.lookup,
                wallClock: Self.wallClock,
                logger: logger
            )
            let providers = Self.credentials(configuration.providers, logger)
            let audit = LogAuditSink(logger: launch.logger("audit"))
            let hosts = HostLabels()
            let environment = Self.environment(launch, gatewayTrust, clients.configured, clients.restricted, hosts)
            let identity = try Self.identity(launch)
            let broker = try TokenBroker(
                TokenBroker.Dependencies(
                    trust: gatewayTrust,
                    directory: directory,
                    authenticator: authenticator,
                    keys: keys.lookup,
                    currentRoute: { routes.snapshot[$0] },
                    providers: providers,
                    environment: environment,
                    audit: audit
                )
            )
            let connections = ServerConnections(
                ServerConnections.Dependencies(
                    trust: gatewayTrust,
                    directory: directory,
                    gateway: GatewayClient(publicURL: identity.publicURL),
                    environment: environment,
                    audit: audit
                )
            )
            let sessions = Self.sessions(launch, routes, broker, authenticator)
            let relay = try Self.relay(launch, broker, connections, clients.upstream, authenticator.leeway, hosts)
            let gateway = Gateway(
                identity: identity,
                routes: routes,
                authenticator: authenticator,
                broker: broker,
                sessions: sessions,
                connections: connections,
                relay: relay,
                limits: configuration.limits,
                audit: audit,
                wallClock: Self.wallClock
            )
            self.routes = routes
            self.providers = providers
            judge = TrustingJudge(trust: gatewayTrust, directory: directory)
            engine = GatewayEngine(
                routes: routes,
                directory: directory,
                keys: keys,
                broker: broker,
                sessions: sessions,
                connections: connections
            )
            server = Self.server(launch, gateway, logger)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.unusable, "Could not set the gateway up: \(error)")
        }
    }

    /// Whether this gateway knows its servers and can be spoken to; problems with old routes do not make it unready.
    var readinessChecks: [ReadinessCheck] {
        [
            ReadinessCheck("routes") { [routes] in
                ReadinessCheck.Verdict(isReady: routes.picture.hasSynced, problems: routes.problems)
            },
            server.readinessCheck,
            // Servers with clients of their own work without, so the gateway stays ready and says what is wrong.
            ReadinessCheck("credentials at identity providers") { [providers] in
                ReadinessCheck.Verdict(isReady: true, problems: providers.check())
            },
        ]
    }

    private static let wallClock: @Sendable () -> NumericDate = {
        NumericDate(sinceEpoch: OperatorTime.system.sinceEpoch())
    }

    private static let random: @Sendable (_ count: Int) throws -> [UInt8] = { try RandomBytes.make(count: $0) }

    private static func keys(
        _ trust: GatewayTrust,
        _ directory: IssuerDirectory,
        _ client: any HTTPClient,
        _ logger: Logger
    ) -> ProviderKeys {
        ProviderKeys(trust: trust, directory: directory, client: client, clock: ContinuousClock(), logger: logger)
    }

    /// The gateway's credentials, of which whatever is wrong is said now, and not first when a user needs an exchange.
    private static func credentials(
        _ providers: [GatewayConfiguration.Provider],
        _ logger: Logger
    ) -> ProviderFiles {
        let files = ProviderFiles(providers, logger: logger)
        files.check()
        return files
    }

    private static func environment(
        _ launch: Launch,
        _ trust: GatewayTrust,
        _ client: any HTTPClient,
        _ restrictedClient: any HTTPClient,
        _ hosts: HostLabels
    ) -> BrokerEnvironment {
        BrokerEnvironment(
            client: client,
            restrictedClient: restrictedClient,
            allowsLoopbackHTTP: trust.allowLoopbackHTTP,
            clock: ContinuousClock(),
            wallClock: wallClock,
            random: random,
            settings: BrokerSettings(perProviderConcurrency: launch.configuration.gateway.perProviderConcurrency),
            metrics: launch.metrics,
            hosts: hosts
        )
    }

    private static func relay(
        _ launch: Launch,
        _ broker: TokenBroker,
        _ connections: ServerConnections,
        _ client: any HTTPClient,
        _ leeway: Duration,
        _ hosts: HostLabels
    ) throws -> Relay {
        Relay(
            broker: broker,
            connections: connections,
            client: client,
            seal: try seal(launch.configuration.gateway),
            limits: launch.configuration.gateway.limits,
            clock: ContinuousClock(),
            wallClock: wallClock,
            leeway: leeway,
            hosts: hosts,
            metrics: launch.metrics
        )
    }

    private static func sessions(
        _ launch: Launch,
        _ routes: LiveRoutes,
        _ broker: TokenBroker,
        _ authenticator: BearerAuthenticator
    ) -> SessionStart {
        SessionStart(
            settings: launch.configuration.gateway.sessionStart,
            routes: routes,
            broker: broker,
            clock: ContinuousClock(),
            metrics: launch.metrics,
            onDisplaced: { session in
                authenticator.forget(session)
                broker.forget(session)
            }
        )
    }

    private static func server(_ launch: Launch, _ gateway: Gateway, _ logger: Logger) -> GatewayServerService {
        let configuration = launch.configuration.gateway
        return GatewayServerService(
            address: launch.configuration.listen,
            gateway: gateway,
            streams: configuration.limits.streams,
            certificate: configuration.certificateFiles.map { files in
                FileServingCertificate(
                    certificateFile: files.certificate,
                    privateKeyFile: files.privateKey,
                    time: .system,
                    logger: logger
                )
            },
            logger: logger
        )
    }

    /// Three sets of rules, and so three pools of connections: for URLs from configuration, for those from resources, and
    /// for what users' requests go through.
    private static func clients(
        _ trust: TrustConfiguration,
        _ limits: RelayLimits,
        _ transport: any HTTPClientFactory
    ) throws -> (configured: any HTTPClient, restricted: any HTTPClient, upstream: any HTTPClient) {
        func client(_ addresses: AddressPolicy, streams: Int = 1_000) throws -> any HTTPClient {
            try transport.makeClient(
                HTTPClientConfiguration(
                    addresses: addresses,
                    proxy: trust.egress.proxy,
                    userAgent: ProgramVersion.userAgent,
                    maximumStreams: streams
                )
            )
        }
        return (
            try client(.unrestricted), try client(trust.egress.addressPolicy),
            try client(trust.egress.addressPolicy, streams: limits.streams + 1_000)
        )
    }

    private static func identity(_ launch: Launch) throws -> GatewayIdentity {
        let configuration = launch.configuration.gateway
        let scheme = configuration.certificateFiles == nil ? "http" : "https"
        return try GatewayIdentity(
            publicURL: configuration.publicURL ?? "\(scheme)://\(launch.configuration.listen)",
            issuers: configuration.providers.map(\.issuer),
            allowedHosts: configuration.allowedHosts,
            allowedOrigins: configuration.allowedOrigins
        )
    }

    private static func seal(_ configuration: GatewayConfiguration) throws -> SessionSeal {
        guard !configuration.keyFiles.isEmpty else {
            return try SessionSeal(keys: [Redacted(try random(AES256GCM.keyByteCount))], random: random)
        }
        // A file may have any length of at least 32 bytes; its digest is the key.
        let keys = try configuration.keyFiles.map { path in
            let bytes = try FileReader.system.bytes(of: path)
            guard bytes.count >= AES256GCM.keyByteCount else {
                throw CommandFailure(
                    .unusable,
                    "Could not use the key in '\(path)': it has \(bytes.count) bytes. Make one of at least 32 random bytes."
                )
            }
            return Redacted(SHA256.digest(bytes))
        }
        return try SessionSeal(keys: keys, random: random)
    }
}
