// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
package import OAuth

/// A token that could not be had, in terms of what the caller is told.
///
/// Its message quotes no token and no secret.
package struct BrokerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; a closed set, so it is also a metric label.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The provider does not accept the user's token, and it cannot be renewed: sign in again. 401.
        case reauthenticationRequired = "ReauthenticationRequired"
        /// The user must sign in anew or more strongly
        /// ([RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470#section-3)). 401.
        case stepUpRequired = "StepUpRequired"
        /// The policy says no. 403.
        case policyDenied = "PolicyDenied"
        /// The server needs a kind of token that this session does not have. 403.
        case subjectTokenRequired = "SubjectTokenRequired"
        /// The session is one of another provider. 403.
        case issuerMismatch = "IssuerMismatch"
        /// The server wants the user's own consent, and there is none that is still good. 403.
        case connectionRequired = "ConnectionRequired"
        /// What a browser brought back is no answer to what this user began, or must not be believed. 400.
        case connectionInvalid = "ConnectionInvalid"
        /// The server wants a scope that may not or cannot be had. 403.
        case insufficientScope = "InsufficientScope"
        /// Somebody has to change a configuration: ours, the provider's or the authorization server's. 502.
        case serverMisconfigured = "ServerMisconfigured"
        /// The server refused a fresh token. 502.
        case upstreamRejectedToken = "UpstreamRejectedToken"
        /// It may work later. 503.
        case exchangeUnavailable = "ExchangeUnavailable"
    }

    /// What callers tell apart.
    package let reason: Reason
    /// A sentence that says what is wrong, and what to do about it.
    package let message: String
    /// When to come again; always set for ``Reason/exchangeUnavailable``.
    package let retryAfter: Duration?
    /// How old the sign-in may be at most, for ``Reason/stepUpRequired``.
    package let maximumAge: Duration?
    /// What the sign-in must amount to, for ``Reason/stepUpRequired``.
    package let authenticationContexts: [String]
    /// Which exchange failed; `nil` if none was tried.
    package let leg: ExchangeLeg?
    /// What went wrong underneath, as a word from a closed set.
    package let cause: String?
    /// What a peer said, without secrets: for the audit record in place of the message, and never for callers.
    package let detail: String?

    package var description: String { message }

    init(
        _ reason: Reason,
        _ message: String,
        retryAfter: Duration? = nil,
        maximumAge: Duration? = nil,
        authenticationContexts: [String] = [],
        leg: ExchangeLeg? = nil,
        cause: String? = nil,
        detail: String? = nil
    ) {
        self.reason = reason
        self.message = message
        self.retryAfter = retryAfter ?? (reason == .exchangeUnavailable ? Self.shortestWait : nil)
        self.maximumAge = maximumAge
        self.authenticationContexts = authenticationContexts
        self.leg = leg
        self.cause = cause
        self.detail = detail
    }

    /// What is advised where nothing better is known.
    static let shortestWait = Duration.seconds(1)

    /// The same error, to come again at another time.
    func retrying(after wait: Duration) -> BrokerError {
        BrokerError(
            reason,
            message,
            retryAfter: wait,
            maximumAge: maximumAge,
            authenticationContexts: authenticationContexts,
            leg: leg,
            cause: cause,
            detail: detail
        )
    }
}

extension BrokerError {
    /// A flight that could not be waited for.
    init(_ error: FlightError, server: String) {
        self.init(
            .exchangeUnavailable,
            "Could not obtain a token for '\(server)' in time. Try again later.",
            cause: error.rawValue
        )
    }
}

extension BrokerError {
    /// An endpoint that is not asked now, because it did not answer others.
    static func circuitOpen(_ plan: ExchangePlan, _ endpoint: String, _ wait: Duration) -> BrokerError {
        let leg = plan.source.legs.first { $0.endpoint.hasSameBytes(as: endpoint) }?.leg
        let peer = leg == .jwtBearer ? "the server's authorization server" : "the identity provider"
        return BrokerError(
            .exchangeUnavailable,
            "Could not obtain a token for '\(plan.server)': \(peer) is out of reach or overloaded. Try again later.",
            retryAfter: wait,
            leg: leg,
            cause: "circuit_open"
        )
    }
}
