// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension Refusal {
    /// What callers are told of a token that could not be had.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - challenge: For those who have to sign in again.
    init(_ error: BrokerError, _ challenge: ChallengeWriter) {
        let status =
            switch error.reason {
            case .reauthenticationRequired, .stepUpRequired: 401
            case .policyDenied, .subjectTokenRequired, .issuerMismatch, .connectionRequired, .insufficientScope: 403
            case .connectionInvalid: 400
            case .serverMisconfigured, .upstreamRejectedToken: 502
            case .exchangeUnavailable: 503
            }
        self.init(Reason(error.reason), status: status, error.message, retryAfter: error.retryAfter)
        switch error.reason {
        case .reauthenticationRequired:
            self.challenge = challenge.text(error: "invalid_token", error.message)
        case .stepUpRequired:
            self.challenge = challenge.text(
                error: "insufficient_user_authentication",
                error.message,
                maximumAge: error.maximumAge,
                authenticationContexts: error.authenticationContexts
            )
        default: break
        }
    }

    /// What callers are told who were not let in.
    init(_ error: AuthenticationError, _ challenge: ChallengeWriter) {
        switch error.code {
        case .providerUnavailable:
            self.init(.exchangeUnavailable, status: 503, error.message, retryAfter: error.retryAfter ?? .seconds(5))
        case .missing:
            // A request without a token gets no error code (RFC 6750 §3.1).
            self.init(.unauthenticated, status: 401, error.message, challenge: challenge.text(error: nil, nil))
        default:
            self.init(
                .unauthenticated,
                status: 401,
                error.message,
                challenge: challenge.text(error: "invalid_token", error.message)
            )
        }
    }
}

extension Refusal.Reason {
    /// The same word.
    init(_ reason: BrokerError.Reason) {
        self =
            switch reason {
            case .reauthenticationRequired: .reauthenticationRequired
            case .stepUpRequired: .stepUpRequired
            case .policyDenied: .policyDenied
            case .subjectTokenRequired: .subjectTokenRequired
            case .issuerMismatch: .issuerMismatch
            case .connectionRequired: .connectionRequired
            case .connectionInvalid: .connectionInvalid
            case .insufficientScope: .insufficientScope
            case .serverMisconfigured: .serverMisconfigured
            case .upstreamRejectedToken: .upstreamRejectedToken
            case .exchangeUnavailable: .exchangeUnavailable
            }
    }
}
