// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Knows what each server wants to see of its user, and obtains it.
struct UpstreamCredentials: Sendable {
    let broker: TokenBroker

    /// The token for a request; `nil` for a server that wants none.
    ///
    /// - Throws: ``BrokerError``, ``Refusal``, or `CancellationError`.
    func token(for session: Session, _ route: VersionedRoute, _ correlationID: String) async throws -> BrokeredToken? {
        switch route.route.authentication {
        case .none: return nil
        case .enterpriseIdP, .tokenExchange, .tokenForwarding:
            return try await broker.token(for: session, route: route, correlationID: correlationID)
        case .authorizationCode: throw Self.connectionRequired(route.route.key)
        }
    }

    /// Why a server is not served whose user has to consent first.
    static func connectionRequired(_ server: RouteKey) -> Refusal {
        Refusal(
            .connectionRequired,
            status: 403,
            "The server '\(server)' wants each user's own consent, which this gateway cannot ask for yet."
        )
    }
}
