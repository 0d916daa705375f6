// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
package import JOSE
import JSON
import MCP
import RouteTable

/// Answers the requests of MCP clients: who is it, what do they want, may they, and then ``Relay``.
package final class Gateway: Sendable {
    private let identity: GatewayIdentity
    private let routes: LiveRoutes
    private let authenticator: BearerAuthenticator
    private let broker: TokenBroker
    private let sessions: SessionStart
    private let connections: ServerConnections
    private let relay: Relay
    private let limits: RelayLimits
    private let records: DoorRecords

    /// - Parameters:
    ///   - identity: What the gateway is to its clients.
    ///   - routes: The servers.
    ///   - authenticator: Knows who callers are.
    ///   - broker: Obtains their tokens.
    ///   - sessions: Told of each session; somebody else runs it.
    ///   - connections: Keeps those that they have consented to.
    ///   - relay: Passes requests on.
    ///   - limits: The bounds; the relay's own.
    ///   - audit: Gets a record of each caller who is not let in.
    ///   - wallClock: When they were not.
    package init(
        identity: GatewayIdentity,
        routes: LiveRoutes,
        authenticator: BearerAuthenticator,
        broker: TokenBroker,
        sessions: SessionStart,
        connections: ServerConnections,
        relay: Relay,
        limits: RelayLimits,
        audit: any AuditSink,
        wallClock: @escaping @Sendable () -> NumericDate
    ) {
        self.identity = identity
        self.routes = routes
        self.authenticator = authenticator
        self.broker = broker
        self.sessions = sessions
        self.connections = connections
        self.relay = relay
        self.limits = limits
        records = DoorRecords(sink: audit, wallClock: wallClock)
    }

    /// Answers a request.
    ///
    /// - Returns: The answer, whatever is wrong with the request.
    /// - Throws: `CancellationError`, or what reading the request's body throws.
    package func answer(_ request: ClientRequest) async throws -> ClientAnswer {
        var answer: ClientAnswer
        let correlationID = CorrelationID.make()
        let stranger = identity.refusal(request.headers)
        do {
            if let stranger { throw stranger }
            answer = try await respond(to: request, correlationID)
        } catch let refusal as Refusal {
            answer = refusal.answer(to: nil, about: nil, correlationID)
        }
        ResponseFields.protect(&answer.headers)
        answer.headers["X-Request-Id"] = correlationID
        // Also without an origin: what is kept for one client must not be given to a page.
        answer.headers["Vary"] = "Origin"
        if stranger == nil, let origin = request.headers["Origin"] {
            CrossOrigin.share(&answer.headers, with: origin)
        }
        return answer
    }

    private func respond(to request: ClientRequest, _ correlationID: String) async throws -> ClientAnswer {
        guard let place = GatewayPath(request.path) else { throw Self.unknownPath }
        if CrossOrigin.isPreflight(request) { return CrossOrigin.preflight(place.methods) }
        try Self.check(request.method, among: place.methods)
        switch place {
        case .metadata(let path): return Self.document(identity.metadata(of: path), maximumAge: 300)
        case .clientMetadata: return Self.document(connections.gateway.document, maximumAge: 3_600)
        case .servers:
            let session = try await authenticate(request, nil, correlationID)
            return Self.document(["servers": .array(await listings(session).map(\.json))], maximumAge: nil)
        case .retry(let key):
            let session = try await authenticate(request, key, correlationID)
            _ = try route(key, session)
            broker.retry(session, key)
            sessions.retry(session, key)
            connections.retry(session, key)
            return ClientAnswer(status: 204)
        case .server(let key): return try await pass(request, to: key, correlationID)
        }
    }

    private func pass(
        _ request: ClientRequest,
        to key: RouteKey,
        _ correlationID: String
    ) async throws -> ClientAnswer {
        let session = try await authenticate(request, key, correlationID)
        let body = try await self.body(of: request)
        do {
            let call = RelayCall(
                request: request,
                session: session,
                route: try route(key, session),
                currentRoute: { [routes] in routes.snapshot[key] },
                body: body,
                correlationID: correlationID
            )
            sessions.use(key, by: session.identity.user)
            return try await relay.answer(call)
        } catch let refusal as Refusal {
            records.refused(refusal, key, session, correlationID)
            return refusal.answer(to: body.messageID, about: key, correlationID)
        } catch let error as BrokerError {
            // The broker has recorded it.
            let refusal = Refusal(error, identity.challenge(for: request.path))
            return refusal.answer(to: body.messageID, about: key, correlationID)
        }
    }

    private func authenticate(
        _ request: ClientRequest,
        _ server: RouteKey?,
        _ correlationID: String
    ) async throws -> Session {
        do {
            switch request.credential {
            case .token(let token): return try await authenticator.authenticate(token, onNew: sessions.see)
            case .absent: throw AuthenticationError.missing
            case .malformed(let problem): throw AuthenticationError.unreadable(problem)
            }
        } catch let error as AuthenticationError {
            records.refused(error, server, correlationID)
            throw Refusal(error, identity.challenge(for: server.map(GatewayPath.path(of:)) ?? request.path))
        }
    }

    private func body(of request: ClientRequest) async throws -> RelayCall.Body {
        guard request.method == "POST" else { return .none }
        guard let length = request.body.length else {
            return .streamed(bounded(request.body), length: nil)
        }
        guard length <= limits.requestBody else { throw tooLarge }
        guard length <= limits.heldBody else { return .streamed(bounded(request.body), length: length) }
        guard let bytes = try await request.body.collect(upTo: length) else { throw tooLarge }
        return .held(bytes)
    }

    /// A body whose length nobody has announced is measured on its way.
    private func bounded(_ body: ClientBody) -> RequestBody {
        let meter = BodyMeter(limit: limits.requestBody)
        let refusal = tooLarge
        return RequestBody {
            guard let piece = try await body.next() else { return nil }
            guard meter.take(piece.count) else { throw refusal }
            return piece
        }
    }

    private var tooLarge: Refusal {
        Refusal(
            .requestTooLarge,
            status: 413,
            "The request's body is larger than \(limits.requestBody) bytes. Send less, or raise limits.requestBody."
        )
    }

    private func route(_ key: RouteKey, _ session: Session) throws -> VersionedRoute {
        let picture = routes.picture
        if let route = picture.snapshot[key] { return route }
        guard picture.hasSynced else {
            throw Refusal(
                .exchangeUnavailable,
                status: 503,
                "The gateway does not know its servers yet. Try again.",
                retryAfter: .seconds(1)
            )
        }
        let known = visible(to: session, picture.snapshot).prefix(50).map(\.route.key)
        throw Refusal(
            .unknownServer,
            status: 404,
            "There is no server '\(key)' for this user. GET /servers says which there are.",
            servers: known
        )
    }

    private func visible(to session: Session, _ snapshot: RouteSnapshot) -> [VersionedRoute] {
        snapshot.sorted.filter { RouteVisibility.shows($0.route, to: session.identity.user) }
    }

    private func listings(_ session: Session) async -> [ServerListing] {
        var listings: [ServerListing] = []
        for route in visible(to: session, routes.snapshot) { listings.append(await listing(route, session)) }
        return listings
    }

    private func listing(_ route: VersionedRoute, _ session: Session) async -> ServerListing {
        func make(_ state: ServerListing.State, _ reason: String? = nil, _ message: String? = nil) -> ServerListing {
            ServerListing(
                key: route.route.key,
                url: identity.publicURL + GatewayPath.path(of: route.route.key),
                mode: route.route.authentication.mode,
                state: state,
                reason: reason,
                message: message
            )
        }
        switch route.route.authentication {
        case .none: return make(.connected)
        case .enterpriseIdP, .tokenExchange, .tokenForwarding:
            switch (await broker.standing(of: session, route: route), sessions.attempt(session, route.route.key)) {
            case (.connected, let attempt):
                if attempt != nil { sessions.settle(session, route.route.key) }
                return make(.connected)
            case (.failed(let error), _): return make(.failed, error.reason.rawValue, error.message)
            case (.untried, .connecting): return make(.connecting)
            case (.untried, .failed(let failure, _)): return make(.failed, failure.reason, failure.message)
            case (.untried, nil): return make(.available)
            }
        case .authorizationCode:
            if connections.isConnected(session, route: route) { return make(.connected) }
            let refusal = UpstreamCredentials.consentNeeded(route.route.key)
            return make(.available, refusal.reason.rawValue, refusal.message)
        }
    }

    private static let unknownPath = Refusal(
        .unknownPath,
        status: 404,
        "There is nothing at this path. Servers are at /servers/{namespace}/{name}/mcp, and GET /servers lists them."
    )

    private static func check(_ method: String, among allowed: [String]) throws {
        guard !allowed.contains(method) else { return }
        let list = allowed.joined(separator: ", ")
        throw Refusal(.methodNotAllowed, status: 405, "This path takes \(list).", allow: list)
    }

    private static func document(_ json: JSONValue, maximumAge: Int?) -> ClientAnswer {
        ClientAnswer(
            status: 200,
            headers: [
                "Content-Type": "application/json",
                "Cache-Control": maximumAge.map { "max-age=\($0)" } ?? "no-store",
            ],
            body: .bytes(json.serialized(.compact))
        )
    }
}
