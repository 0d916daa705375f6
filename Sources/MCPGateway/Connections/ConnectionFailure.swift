// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth
import RouteTable

/// Why a code or a refresh token brought no token.
struct ConnectionFailure: Error, Sendable {
    /// What becomes of the grant.
    enum Consequence: Hashable, Sendable {
        /// It is over: the user has to consent again.
        case ends
        /// As that, and the client is not known any more either.
        case endsWithClient
        /// It stays, and is not tried again before that time has passed; `nil`: a second, doubling to thirty.
        case rests(Duration?)
    }

    /// What callers are told: nothing that a peer said.
    let error: BrokerError
    let consequence: Consequence
    /// For the audit record: what the peer said, without secrets.
    let detail: String

    private init(_ error: BrokerError, _ consequence: Consequence, detail: String) {
        self.error = error
        self.consequence = consequence
        self.detail = detail
    }

    /// - Parameters:
    ///   - error: What the token endpoint answered.
    ///   - step: What was sent.
    ///   - binding: For what.
    ///   - server: For which server.
    init(_ error: TokenEndpointError, _ step: ConnectionStep, _ binding: GrantBinding, _ server: RouteKey) {
        let cause = error.oauthError?.rawValue ?? error.code.rawValue
        func told(_ reason: BrokerError.Reason, _ sentence: String, _ wait: Duration? = nil) -> BrokerError {
            .connecting(
                reason,
                server,
                "its authorization server \(sentence)",
                retryAfter: wait,
                cause: cause
            )
        }
        let over = step == .authorizationCode ? BrokerError.Reason.connectionInvalid : .connectionRequired
        let (reason, consequence) = Self.verdict(error, binding)
        let result =
            switch reason {
            case .over: told(over, "does not accept the consent any more. Connect again.")
            case .denied: told(.policyDenied, "does not permit it. Ask its administrator for access.")
            case .misconfigured:
                told(
                    .serverMisconfigured,
                    "answers in a way that only a change of configuration helps. Ask the server's administrator."
                )
            case .client:
                told(
                    .serverMisconfigured,
                    "does not accept the client's credential. Ask the server's administrator to check it."
                )
            case .later: told(.exchangeUnavailable, "is out of reach or overloaded. Try again later.", error.retryAfter)
            }
        self.init(result, consequence, detail: error.message)
    }

    /// A request that was not sent.
    static func busy(_ cause: String, _ server: RouteKey) -> ConnectionFailure {
        ConnectionFailure(
            .connecting(.exchangeUnavailable, server, "too much is going on. Try again later.", cause: cause),
            .rests(nil),
            detail: "The request was not sent."
        )
    }

    private enum Verdict {
        case over
        case denied
        case misconfigured
        case client
        case later
    }

    private static func verdict(_ error: TokenEndpointError, _ binding: GrantBinding) -> (Verdict, Consequence) {
        switch error.code {
        case .unavailable, .unreachable, .answerLost: return (.later, .rests(error.retryAfter))
        case .malformed, .unexpectedToken, .insecureEndpoint, .refusedOtherwise:
            return (.misconfigured, .rests(.seconds(30)))
        case .cannotAuthenticate: return (.client, .rests(.seconds(30)))
        case .refused: break
        }
        switch error.oauthError {
        case .invalidGrant, .interactionRequired, .loginRequired, .consentRequired, .insufficientUserAuthentication:
            return (.over, .ends)
        case .invalidClient, .unauthorizedClient:
            // A server that has forgotten a client that registered itself takes another one; nobody else can help.
            return binding.registration == .dynamic ? (.over, .endsWithClient) : (.client, .rests(.seconds(30)))
        case .accessDenied: return (.denied, .rests(.seconds(10)))
        case .serverError, .temporarilyUnavailable, .slowDown: return (.later, .rests(error.retryAfter))
        default: return (.misconfigured, .rests(.seconds(30)))
        }
    }
}
