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
        case .enterpriseIdP:
            return try await broker.token(for: session, route: route, correlationID: correlationID)
        case .authorizationCode, .tokenForwarding, .tokenExchange: throw Self.refusal(route.route)
        }
    }

    /// Whether requests for a server can be served at all.
    static func serves(_ authentication: RouteAuthentication) -> Bool {
        switch authentication {
        case .none, .enterpriseIdP: true
        case .authorizationCode, .tokenForwarding, .tokenExchange: false
        }
    }

    /// Why a mode is not served.
    ///
    /// Nothing is sent without the token that the server wants.
    static func refusal(_ route: Route) -> Refusal {
        if case .authorizationCode = route.authentication {
            return Refusal(
                .connectionRequired,
                status: 403,
                "The server '\(route.key)' wants each user's own consent, which this gateway cannot ask for yet."
            )
        }
        return Refusal(
            .serverMisconfigured,
            status: 502,
            "The server '\(route.key)' uses the mode '\(route.authentication.mode)', which this gateway does not serve "
                + "yet. Ask its administrator to use enterpriseIdP."
        )
    }
}
