// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

/// A provider, an authorization server, and a broker between them, on a clock that tests move.
final class BrokerWorld: Sendable {
    static let epoch = NumericDate(seconds: 1_900_000_000)

    let clock = ManualClock()
    let provider: FakeProvider
    let authServer: FakeAuthServer
    let dex: FakeDex
    let audit = RecordedAudit()
    let metrics = RecordedMetrics()
    let logs = RecordedLogs()
    let client: ScriptedHTTPClient
    let restrictedClient: ScriptedHTTPClient
    let directory: IssuerDirectory
    let keys: ProviderKeys
    let authenticator: BearerAuthenticator
    let clients: FakeClients
    let broker: TokenBroker
    private let known: NIOLockedValueBox<[RouteKey: VersionedRoute]>

    init(trust: GatewayTrust = .sample, settings: BrokerSettings = BrokerSettings()) throws {
        let clock = clock
        let wallClock: @Sendable () -> NumericDate = { Self.epoch.advanced(by: clock.now.offset) }
        let provider = try FakeProvider(now: wallClock)
        let authServer = FakeAuthServer()
        let dex = try FakeDex(now: wallClock)
        (self.provider, self.authServer, self.dex) = (provider, authServer, dex)
        let handler: ScriptedHTTPClient.Handler = { request in
            if let answer = try await provider.answer(request) ?? dex.answer(request) { return answer }
            return try await authServer.answer(request) ?? IncomingResponse(status: 404)
        }
        client = ScriptedHTTPClient(handler)
        restrictedClient = ScriptedHTTPClient(handler)
        let logger = logs.logger()
        directory = IssuerDirectory(
            trust: trust,
            client: client,
            restrictedClient: restrictedClient,
            clock: clock,
            logger: logger
        )
        keys = ProviderKeys(trust: trust, directory: directory, client: client, clock: clock, logger: logger)
        authenticator = BearerAuthenticator(trust: trust, keys: keys.lookup, wallClock: wallClock, logger: logger)
        clients = FakeClients()
        let known = NIOLockedValueBox<[RouteKey: VersionedRoute]>([:])
        self.known = known
        broker = try TokenBroker(
            TokenBroker.Dependencies(
                trust: trust,
                directory: directory,
                authenticator: authenticator,
                keys: keys.lookup,
                currentRoute: { key in known.withLockedValue { $0[key] } },
                providers: clients,
                environment: BrokerEnvironment(
                    client: client,
                    restrictedClient: restrictedClient,
                    allowsLoopbackHTTP: trust.allowLoopbackHTTP,
                    clock: clock,
                    wallClock: wallClock,
                    random: { try RandomBytes.make(count: $0) },
                    settings: settings,
                    metrics: metrics
                ),
                audit: audit
            )
        )
    }

    var now: NumericDate { Self.epoch.advanced(by: clock.now.offset) }

    /// Says which routes there are when tokens are renewed.
    func routes(_ routes: [VersionedRoute]) {
        known.withLockedValue { $0 = Dictionary(uniqueKeysWithValues: routes.map { ($0.route.key, $0) }) }
    }

    /// Requests to token endpoints, of either client, in order for each.
    var legs: (exchanges: Int, redemptions: Int) { (provider.exchanges.count, authServer.redemptions.count) }

    /// A user with an ID token, and with a refresh token if asked for.
    func session(
        _ subject: String = "alice",
        session: String = "s1",
        lifetime: Duration = .seconds(3_600),
        refreshToken: String? = nil,
        claims: JSONObject = [:]
    ) throws -> Session {
        let token = try provider.idToken(subject, session: session, lifetime: lifetime, claims)
        return try Session(
            token,
            verified: try UnverifiedJWT(token).claims,
            refreshToken: refreshToken.map { Redacted($0) }
        )
    }

    func token(
        _ session: Session,
        _ route: VersionedRoute = .todo(),
        _ correlationID: String = "c-1"
    ) async throws -> BrokeredToken {
        try await broker.token(for: session, route: route, correlationID: correlationID)
    }

    /// What the broker refuses with; `nil` if it does not.
    func refusal(_ session: Session, _ route: VersionedRoute = .todo()) async throws -> BrokerError? {
        do {
            _ = try await token(session, route)
            return nil
        } catch let error as BrokerError { return error }
    }
}

/// Runs a body while all parts of a world do their work.
func withWorld(
    trust: GatewayTrust = .sample,
    settings: BrokerSettings = BrokerSettings(),
    _ body: (BrokerWorld) async throws -> Void
) async throws {
    let world = try BrokerWorld(trust: trust, settings: settings)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await world.directory.run() }
        group.addTask { try await world.keys.run() }
        group.addTask { try await world.broker.run() }
        defer {
            group.cancelAll()
            // A handler that uses its own peer would keep it alive for good.
            world.provider.onExchange { _, _ in nil }
            world.provider.onRenewal { _, _ in nil }
            world.authServer.onRedemption { _, _ in nil }
        }
        try await until("the provider's metadata is known") {
            trust.identityProviders.isEmpty || world.directory.knowledge(FakeProvider.issuer) != .unasked
        }
        // A test that moves the clock must not let the first request for keys run out of time.
        _ = try await world.keys.lookup(FakeProvider.issuer)?.keys(forKeyID: nil)
        try await body(world)
        group.cancelAll()
        while let result = await group.nextResult() {
            // All of them end by being cancelled.
            if case .failure(let error) = result, !(error is CancellationError) { throw error }
        }
    }
}

extension GatewayTrust {
    /// One provider, whose token endpoint is that of its metadata.
    static let sample = GatewayTrust(
        identityProviders: [IdentityProvider(issuer: FakeProvider.issuer, bearerAudiences: ["sallyport"])]
    )
}

extension VersionedRoute {
    static let idpSecret = "canary-idp-secret-0123456789"
    static let authServerSecret = "canary-as-secret-9876543210"

    /// The server `team/todo` in the mode of the enterprise's identity provider.
    static func todo(
        _ name: String = "todo",
        version: String = "1",
        secret: String = authServerSecret,
        ownClient: Bool = false,
        host: String = "mcp.example",
        _ change: (inout RouteAuthentication.EnterpriseIdP) -> Void = { _ in }
    ) -> VersionedRoute {
        var mode = RouteAuthentication.EnterpriseIdP(
            idpIssuer: FakeProvider.issuer,
            idpTokenEndpoint: FakeProvider.tokenEndpoint,
            authServerIssuer: FakeAuthServer.issuer,
            authServerTokenEndpoint: nil,
            sendResource: true,
            scopes: ["read"],
            stepUpScopes: ["write", "admin", "audit", "export"],
            subjectTokenType: "id_token",
            idpClient: ownClient
                ? RouteClient(
                    id: "own",
                    method: .clientSecretPost,
                    credential: .secret(Redacted(idpSecret)),
                    source: nil
                )
                : nil,
            authServerClient: RouteClient(
                id: FakeAuthServer.clientID,
                method: .clientSecretBasic,
                credential: .secret(Redacted(secret)),
                source: nil
            ),
            authServerSendResource: true,
            maximumTokenLifetime: nil,
            lenientTokenType: false
        )
        change(&mode)
        let route = Route(
            key: .team(name),
            uid: "u-\(name)",
            generation: 1,
            type: "streamable-http",
            url: "https://\(host)/\(name)",
            resource: "https://\(host)/\(name)",
            timeout: .seconds(30),
            headers: [:],
            toolPrefix: nil,
            family: nil,
            description: nil,
            authentication: .enterpriseIdP(mode)
        )
        return VersionedRoute(route: route, version: version)
    }
}

/// The gateway's own client at the provider; its secret can be changed.
final class FakeClients: ProviderClients {
    static let clientID = "sallyport"
    private let secret = NIOLockedValueBox("canary-gateway-secret-5555")
    private let rotations = NIOLockedValueBox<UInt64>(0)

    func rotate(_ text: String) {
        secret.withLockedValue { $0 = text }
        rotations.withLockedValue { $0 += 1 }
    }

    func revision(ofIssuer issuer: String) -> UInt64 { rotations.withLockedValue { $0 } }

    func client(ofIssuer issuer: String) -> ClientCredential? {
        guard issuer == FakeProvider.issuer else { return nil }
        return ClientCredential(
            clientID: Self.clientID,
            authentication: .clientSecretBasic(Redacted(secret.withLockedValue { $0 }))
        )
    }
}

/// Keeps audit records for tests.
final class RecordedAudit: AuditSink {
    private let all = NIOLockedValueBox<[AuditRecord]>([])

    var records: [AuditRecord] { all.withLockedValue { $0 } }

    /// The reasons of all refusals, in order.
    var reasons: [Refusal.Reason] { records.compactMap(\.reason) }

    /// `leg outcome errorType` of each record.
    var lines: [String] {
        records.map { record in
            [record.leg?.name ?? "-", record.outcome.rawValue, record.errorType].compactMap { $0 }.joined(
                separator: " "
            )
        }
    }

    func record(_ record: AuditRecord) { all.withLockedValue { $0.append(record) } }
}
