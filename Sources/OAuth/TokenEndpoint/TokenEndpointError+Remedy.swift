// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Which of the two exchanges a token request is.
package enum ExchangeLeg: Hashable, Sendable, CaseIterable {
    /// At the identity provider, with the user's token.
    case tokenExchange
    /// At the MCP server's authorization server, with the ID-JAG.
    case jwtBearer
}

/// What to do about a failed token request.
package enum ExchangeRemedy: Hashable, Sendable {
    /// Do not try again with this credential; read it again once if it changed.
    case replaceCredential
    /// Renew the subject token once and try again; then the user has to sign in again.
    case renewSubjectToken
    /// Discard the ID-JAG and go through both exchanges once more; then fail.
    case obtainNewAssertion
    /// The policy says no, and a fresh token will not help: refuse the caller and remember it for a short while.
    case denied
    /// Somebody has to change a configuration; do not try again.
    case misconfigured
    /// Send the user to the identity provider, who must sign in anew or more strongly.
    case stepUp(maximumAge: Duration?, authenticationContexts: [String])
    /// Try again later with the same grants, unless they were used up; `nil` leaves it to the caller how much later.
    case waitAndRetry(after: Duration?)
}

extension TokenEndpointError {
    /// What to do, for a request that was that leg.
    package func remedy(for leg: ExchangeLeg) -> ExchangeRemedy {
        switch code {
        case .unavailable, .unreachable: return .waitAndRetry(after: retryAfter)
        case .answerLost:
            // The ID-JAG may have been used up; a token exchange uses nothing up.
            return leg == .jwtBearer ? .obtainNewAssertion : .waitAndRetry(after: nil)
        case .malformed, .unexpectedToken, .insecureEndpoint, .refusedOtherwise: return .misconfigured
        case .cannotAuthenticate: return .replaceCredential
        case .refused: break
        }
        switch oauthError {
        case .invalidClient: return .replaceCredential
        case .invalidGrant: return leg == .tokenExchange ? .renewSubjectToken : .obtainNewAssertion
        // RFC 8693 has a subject token that is not accepted be an invalid request, as a missing parameter is.
        case .invalidRequest, .invalidToken: return leg == .tokenExchange ? .renewSubjectToken : .misconfigured
        case .invalidTarget, .accessDenied: return .denied
        case .insufficientUserAuthentication, .interactionRequired, .loginRequired, .consentRequired:
            return .stepUp(maximumAge: maximumAge, authenticationContexts: authenticationContexts)
        case .serverError, .temporarilyUnavailable, .slowDown: return .waitAndRetry(after: retryAfter)
        case .invalidScope, .unauthorizedClient, .unsupportedGrantType, .unsupportedTokenType, .invalidDPoPProof,
            .useDPoPNonce, nil:
            return .misconfigured
        }
    }
}
