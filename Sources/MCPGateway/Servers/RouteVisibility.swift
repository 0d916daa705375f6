// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import RouteTable

/// Which servers a user is shown.
enum RouteVisibility {
    /// Servers that take users of another provider are none of the caller's business.
    static func shows(_ route: Route, to user: UserIdentity) -> Bool {
        let issuer: String? =
            switch route.authentication {
            case .enterpriseIdP(let mode): mode.idpIssuer
            case .tokenExchange(let mode): mode.idpIssuer
            case .none, .authorizationCode, .tokenForwarding: nil
            }
        return issuer.map { $0.hasSameBytes(as: user.issuer) } ?? true
    }
}
