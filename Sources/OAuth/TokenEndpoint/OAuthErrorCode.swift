// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What an authorization server refuses a token request for.
///
/// From [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2), [RFC 8693 §2.2.2](https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2),
/// [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470#section-3), [RFC 9449 §8](https://www.rfc-editor.org/rfc/rfc9449#section-8),
/// OpenID Connect, and what vendors send.
package enum OAuthErrorCode: String, Hashable, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case invalidScope = "invalid_scope"
    case invalidTarget = "invalid_target"
    /// What Keycloak says of a subject token that it does not accept.
    case invalidToken = "invalid_token"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"
    case unsupportedTokenType = "unsupported_token_type"
    case accessDenied = "access_denied"
    case insufficientUserAuthentication = "insufficient_user_authentication"
    case interactionRequired = "interaction_required"
    case loginRequired = "login_required"
    case consentRequired = "consent_required"
    case invalidDPoPProof = "invalid_dpop_proof"
    case useDPoPNonce = "use_dpop_nonce"
    case serverError = "server_error"
    case temporarilyUnavailable = "temporarily_unavailable"
    case slowDown = "slow_down"
}
