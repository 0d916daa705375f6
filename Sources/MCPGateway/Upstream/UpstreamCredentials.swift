// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Knows what each server wants to see of its user, and obtains it.
struct UpstreamCredentials: Sendable {
    let broker: TokenBroker
    let connections: ServerConnections

    /// The token for a request; `nil` for a server that wants none.
    ///
    /// - Throws: ``BrokerError``, ``Refusal``, or `CancellationError`.
    func token(for session: Session, _ route: VersionedRoute, _ correlationID: String) async throws -> BrokeredToken? {
        switch route.route.authentication {
        case .none: return nil
        case .enterpriseIdP, .tokenExchange, .tokenForwarding:
            return try await broker.token(for: session, route: route, correlationID: correlationID)
        case .authorizationCode:
            let token = try await connections.token(for: session, route: route, correlationID: correlationID)
            guard let token else { throw Self.consentNeeded(route.route.key) }
            return token
        }
    }

    /// A token in place of one that its server refused with 401.
    ///
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func rejected(
        _ token: BrokeredToken,
        for session: Session,
        _ route: VersionedRoute,
        _ correlationID: String
    ) async throws -> BrokeredToken {
        if case .authorizationCode = route.route.authentication {
            return try await connections.rejected(token, for: session, route: route, correlationID: correlationID)
        }
        return try await broker.rejected(token, for: session, route: route, correlationID: correlationID)
    }

    /// A token with more scopes, for a server that answered 403 `insufficient_scope`.
    ///
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func stepUp(
        to scopes: Set<String>,
        insteadOf token: BrokeredToken,
        for session: Session,
        _ route: VersionedRoute,
        _ correlationID: String
    ) async throws -> BrokeredToken {
        if case .authorizationCode = route.route.authentication {
            // Only the user can give more.
            throw connections.demanded(scopes, of: session, route: route, correlationID: correlationID)
        }
        return try await broker.stepUp(
            to: scopes,
            insteadOf: token,
            for: session,
            route: route,
            correlationID: correlationID
        )
    }

    /// Drops a token that its server refused, and obtains no other one.
    func discard(_ token: BrokeredToken, for session: Session, _ route: VersionedRoute) async {
        if case .authorizationCode = route.route.authentication {
            connections.discard(token, for: session, route: route)
        } else {
            await broker.discard(token, for: session, route: route)
        }
    }

    /// What a user is told who has not consented yet.
    static func consentNeeded(_ server: RouteKey) -> Refusal {
        let error = ServerConnections.consentNeeded(server, cause: "no_grant")
        return Refusal(.connectionRequired, status: 403, error.message)
    }
}
