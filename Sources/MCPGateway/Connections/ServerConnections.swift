// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
package import RouteTable
import Timing

/// Connects users to servers whose own authorization server each of them has to ask for a token: sends the user there, and
/// keeps the tokens that come of it.
///
/// A connection belongs to a user, in all of that user's sessions, and to what the user consented to. What is known is a
/// ``ConnectionState``; ``run()`` does the work that many may wait for.
package final class ServerConnections: Sendable {
    /// All that connections are made of.
    package struct Dependencies: Sendable {
        /// This gateway's own configuration.
        package var trust: GatewayTrust
        /// The metadata of issuers; somebody else runs it.
        package var directory: IssuerDirectory
        /// What the gateway is to authorization servers.
        package var gateway: GatewayClient
        /// What requests are sent with.
        package var environment: BrokerEnvironment
        /// Gets a record of each request and each refusal.
        package var audit: any AuditSink

        package init(
            trust: GatewayTrust,
            directory: IssuerDirectory,
            gateway: GatewayClient,
            environment: BrokerEnvironment,
            audit: any AuditSink
        ) {
            self.trust = trust
            self.directory = directory
            self.gateway = gateway
            self.environment = environment
            self.audit = audit
        }
    }

    /// What is done once for all who wait for it.
    enum Flight: Hashable, Sendable {
        /// Refreshes the grant of that serial.
        case refresh(Caller, serial: UInt64)
        /// Redeems the code of what was begun under that digest.
        case redeem(digest: [UInt8])
    }

    /// How many random bytes a state has.
    private static let stateByteCount = 32

    /// What the gateway is to authorization servers.
    package let gateway: GatewayClient
    let rules: RouteTrust
    let environment: BrokerEnvironment
    let discovery: ConnectionDiscovery
    /// Servers that are asked who their authorization server is.
    let discoveries: ConcurrencyLimit<String, UserIdentity>
    let clients: ConnectionClients
    let recorder: ConnectionRecorder
    let flights: SingleFlight<Flight, BrokeredToken?>
    let state: NIOLockedValueBox<ConnectionState>

    /// Makes connections with the usual bounds.
    package convenience init(_ dependencies: Dependencies) {
        self.init(dependencies, limits: ConnectionState.Limits())
    }

    init(_ dependencies: Dependencies, limits: ConnectionState.Limits) {
        let environment = dependencies.environment
        self.environment = environment
        gateway = dependencies.gateway
        rules = RouteTrust(trust: dependencies.trust, knowledge: dependencies.directory.knowledge)
        discovery = ConnectionDiscovery(
            trust: dependencies.trust,
            directory: dependencies.directory,
            restrictedClient: environment.restrictedClient
        )
        discoveries = environment.anotherLimit()
        recorder = ConnectionRecorder(
            sink: dependencies.audit,
            metrics: ConnectionMetrics(factory: environment.metricsFactory, hosts: environment.hosts),
            wallClock: environment.wallClock
        )
        clients = ConnectionClients(dependencies.gateway, environment, recorder)
        flights = SingleFlight(time: environment.time, waiterLimit: environment.settings.waiters)
        state = NIOLockedValueBox(ConnectionState(limits: limits))
    }

    /// Does the work for all who wait, until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.flights.run() }
            group.addTask { try await self.clients.run() }
            try await group.waitForAll()
        }
    }

    /// Sends a user on the way to consent.
    ///
    /// - Parameters:
    ///   - session: Who must come back.
    ///   - route: The server, in the mode of the authorization code.
    ///   - correlationID: Ties records to the request.
    /// - Returns: The URL for the user's browser, which holds a state that says nothing and is good once, for ten minutes.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    package func begin(
        _ session: Session,
        _ route: VersionedRoute,
        correlationID: String
    ) async throws -> Redacted<String> {
        let request = ConnectionRequest(server: route.route.key, session: session, correlationID: correlationID)
        do {
            let mode = try mode(of: route.route)
            // However many users begin at once, a server has only so many questions at a time.
            let finding = try await discoveries.withRoom(
                route.route.url,
                for: request.caller.user,
                waitingAtMost: environment.settings.queueDeadline
            ) { try await discovery.find(route.route, mode, correlationID) }
            let choice = try await clients.client(at: finding.server, mode, for: request)
            let state = try random(Self.stateByteCount)
            let pending = PendingConnection(
                caller: request.caller,
                binding: GrantBinding(
                    uid: route.route.uid,
                    issuer: finding.server.issuer,
                    authorizationEndpoint: finding.server.authorizationEndpoint,
                    tokenEndpoint: finding.server.tokenEndpoint,
                    resource: finding.resource,
                    clientID: choice.credential.clientID,
                    registration: choice.registration
                ),
                server: finding.server,
                credential: choice.credential,
                mode: mode,
                scopes: finding.scopes.union(self.state.withLockedValue { $0.additionalScopes(request.caller) }),
                redirectURI: gateway.redirectURI(for: finding.server),
                verifier: CodeVerifier(random: try random(CodeVerifier.byteCount))
            )
            let text = Redacted(Base64URL.encode(state))
            let url = try Self.url(pending, text)
            self.state.withLockedValue { $0.begin(pending, Self.digest(text), at: environment.time.now) }
            return url
        } catch { throw recorded(error, request) }
    }

    /// Ends a connection's beginning: with the code that the user brings back come the tokens.
    ///
    /// - Parameters:
    ///   - query: Of the URL that the browser was sent back to, without the question mark.
    ///   - redirectURI: That URL without its query: the gateway's public URL and the path, byte for byte. An answer at another
    ///     address than the one that was asked for is another server's.
    ///   - session: Whose browser it was: another user than the one who began gets nothing.
    ///   - correlationID: Ties records to the request.
    /// - Returns: The server that the user is connected to now.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    package func complete(
        _ query: String,
        at redirectURI: String,
        _ session: Session,
        correlationID: String
    ) async throws -> RouteKey {
        var server: RouteKey?
        do {
            let response = try Self.response(query)
            let digest = Self.digest(response.state)
            // Nobody would redeem what is taken by a browser that has gone.
            try Task.checkCancellation()
            let pending: PendingConnection
            let taking = state.withLockedValue {
                $0.take(digest, by: session.identity.user, cameTo: redirectURI, at: environment.time.now)
            }
            switch taking {
            case .redeem(let found): pending = found
            case .foreign(let key):
                server = key
                throw Self.invalid("another user began it. Begin again.", cause: "foreign_user")
            case .misdirected(let key):
                server = key
                throw Self.invalid(
                    "the answer is not one of the authorization server that was asked. Connect again.",
                    cause: "wrong_address"
                )
            case .unknown:
                throw Self.invalid("nobody began it, or it is over already. Begin again.", cause: "unknown_state")
            }
            server = pending.caller.server
            let request = ConnectionRequest(
                server: pending.caller.server,
                session: session,
                correlationID: correlationID
            )
            let code = try self.code(response, pending, digest, request)
            // A code is good once, so its redemption does not end with a browser that goes away.
            _ = try await flights.value(for: .redeem(digest: digest), atMost: environment.settings.callDeadline) {
                try await self.redeem(code, pending, digest, request)
                return nil
            }
            return pending.caller.server
        } catch let failure as ConnectionFailure {
            throw failure.error
        } catch let failure as RecordedFailure {
            throw failure.error
        } catch {
            let told = (error as? FlightError).map { BrokerError($0, server: server?.description ?? "") } ?? error
            if let told = told as? BrokerError { recorder.refused(told, server, session, correlationID) }
            throw told
        }
    }

    private func code(
        _ response: AuthorizationResponse,
        _ pending: PendingConnection,
        _ digest: [UInt8],
        _ request: ConnectionRequest
    ) throws -> Redacted<String> {
        do throws(AuthorizationError) { return try response.code(from: pending.expectation) } catch {
            state.withLockedValue { $0.failed(digest) }
            let sentence =
                switch error.code {
                case .denied: "the user, or the authorization server, said no. Connect again to consent."
                case .refused: "the authorization server refuses. Ask the server's administrator."
                case .missingIssuer, .wrongIssuer, .malformed, .unusableEndpoint:
                    "the answer is not one of the authorization server that was asked. Connect again."
                }
            let told = BrokerError.connecting(
                error.code == .denied ? .policyDenied : .connectionInvalid,
                request.server,
                sentence,
                cause: error.code.rawValue
            )
            recorder.refused(told, request.server, request.session, request.correlationID, detail: error.message)
            throw RecordedFailure(error: told)
        }
    }

    private func redeem(
        _ code: Redacted<String>,
        _ pending: PendingConnection,
        _ digest: [UInt8],
        _ request: ConnectionRequest
    ) async throws {
        do {
            let tokens = try await tokens(
                pending.form(code),
                at: pending.server,
                ConnectionRecorder.Sent(
                    step: .authorizationCode,
                    url: pending.server.tokenEndpoint,
                    binding: pending.binding,
                    scopes: pending.scopes,
                    duration: .zero
                ),
                as: try ConnectionClients.current(
                    pending.credential,
                    pending.binding,
                    pending.mode,
                    request.server
                ),
                request
            )
            let isKept = change { $0.redeemed(digest, tokens, at: environment.time.now) }
            guard isKept else { throw Self.invalid("the server changed meanwhile. Begin again.", cause: "superseded") }
        } catch {
            state.withLockedValue { $0.failed(digest) }
            if let failure = error as? ConnectionFailure, failure.consequence == .endsWithClient {
                clients.forget(pending.binding.clientID, of: request.server, at: pending.binding.issuer)
            }
            throw error
        }
    }

    /// Changes what is known, and says how many grants there are if that is another number now.
    func change<Result>(_ body: (inout ConnectionState) -> Result) -> Result {
        state.withLockedValue { state in
            let before = state.grantCount
            let result = body(&state)
            // Under the lock, so that of two numbers the newer one stays.
            if state.grantCount != before { recorder.metrics.grants(state.grantCount) }
            return result
        }
    }

    private func random(_ count: Int) throws -> [UInt8] {
        do { return try environment.random(count) } catch {
            throw BrokerError(
                .exchangeUnavailable,
                "Could not connect the user: there is no randomness, and without it nothing is safe. Try again later.",
                cause: "no_randomness"
            )
        }
    }

    private static func url(_ pending: PendingConnection, _ state: Redacted<String>) throws -> Redacted<String> {
        let request = AuthorizationRequest(
            endpoint: pending.server.authorizationEndpoint,
            clientID: pending.binding.clientID,
            redirectURI: pending.redirectURI,
            scope: pending.scopes.text,
            state: state,
            codeChallenge: pending.verifier.challenge(digest: SHA256.digest),
            resource: pending.binding.resource
        )
        do throws(AuthorizationError) { return try request.url() } catch {
            throw BrokerError.connecting(
                .serverMisconfigured,
                pending.caller.server,
                error.message,
                cause: error.code.rawValue
            )
        }
    }

    private static func response(_ query: String) throws -> AuthorizationResponse {
        do throws(AuthorizationError) { return try AuthorizationResponse(query: query) } catch {
            throw BrokerError(.connectionInvalid, error.message, cause: error.code.rawValue)
        }
    }

    private static func digest(_ state: Redacted<String>) -> [UInt8] { SHA256.digest(Array(state.exposed.utf8)) }

    private static func invalid(_ problem: String, cause: String) -> BrokerError {
        BrokerError(.connectionInvalid, "Could not connect the user: \(problem)", cause: cause)
    }
}
