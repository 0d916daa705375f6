// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth

/// Why an exchange brought nothing.
struct ExchangeFailure: Error, Sendable {
    /// What callers are told: nothing that a peer said.
    let error: BrokerError
    /// How it is remembered.
    let memory: FailureMemory
    /// For the audit record: what the peer said, without secrets.
    let detail: String
}

extension ExchangeFailure {
    /// A leg that failed for good.
    init(_ exchange: Exchange, _ error: TokenEndpointError, _ leg: ExchangeLeg, _ remedy: ExchangeRemedy) {
        let verdict = Verdict(exchange, error, leg, remedy)
        let peer = leg == .tokenExchange ? "the identity provider" : "the server's authorization server"
        self.error = BrokerError(
            verdict.reason,
            "Could not obtain a token for '\(exchange.plan.server)': \(peer) \(verdict.sentence)",
            retryAfter: verdict.retryAfter,
            maximumAge: error.maximumAge,
            authenticationContexts: error.authenticationContexts,
            leg: leg,
            cause: error.oauthError?.rawValue ?? error.code.rawValue
        )
        memory = verdict.memory
        detail = error.message
    }

    /// What a remedy comes to once it is used up.
    private struct Verdict {
        var reason: BrokerError.Reason
        /// What the peer does, and what the caller can do.
        var sentence: String
        var memory: FailureMemory
        var retryAfter: Duration?

        init(_ exchange: Exchange, _ error: TokenEndpointError, _ leg: ExchangeLeg, _ remedy: ExchangeRemedy) {
            let plan = exchange.plan
            let peer = plan.source.peer(leg)
            let endpoint = peer?.endpoint ?? ""
            memory = .attempt(digest: exchange.subject.digest, version: plan.version)
            reason = .serverMisconfigured
            switch remedy {
            case .replaceCredential:
                sentence = "does not accept the client's credential. Ask the server's administrator to check it."
                // Where the one before was tried as well, only this route knows both.
                if let peer, peer.fallback == nil { memory = .credential(peer.credential, endpoint: endpoint) }
            case .renewSubjectToken where error.oauthError == .invalidRequest:
                // A fresh token was refused in the same words, so the request is what is wrong.
                sentence = "does not accept the request. Ask the server's administrator to check its configuration."
            case .renewSubjectToken:
                reason = .reauthenticationRequired
                sentence = "does not accept the user's token. Sign in again."
                memory = .subject(digest: exchange.subject.digest)
            case .obtainNewAssertion where error.code == .answerLost:
                reason = .exchangeUnavailable
                sentence = "gives no answer. Try again later."
                memory = .endpoint(endpoint, wait: nil)
            case .obtainNewAssertion:
                sentence =
                    "does not accept the identity provider's grant. Ask the server's administrator to check "
                    + "that it trusts the provider, and that it knows the user and the client."
            case .denied:
                reason = .policyDenied
                sentence = "does not permit it. Ask its administrator for access."
                memory = .denial
            case .misconfigured:
                sentence = "answers in a way that only a change of configuration helps. Ask the server's administrator."
            case .stepUp:
                reason = .stepUpRequired
                sentence = "wants a newer or stronger sign-in. Sign in again."
            case .waitAndRetry(let wait):
                reason = .exchangeUnavailable
                sentence = "is out of reach or overloaded. Try again later."
                retryAfter = wait
                let concernsAll =
                    [.unreachable, .answerLost].contains(error.code) || [429, 503].contains(error.status)
                    || error.oauthError == .slowDown
                if concernsAll { memory = .endpoint(endpoint, wait: wait) }
            }
        }
    }

    /// An ID-JAG that must not be sent on.
    static func unusableAssertion(_ exchange: Exchange, _ error: IDJAGError) -> ExchangeFailure {
        misconfigured(
            exchange,
            "the identity provider's grant is not what was asked for. Ask the server's administrator to check how the "
                + "provider knows it.",
            cause: "id_jag_\(error.code.rawValue)",
            detail: error.message
        )
    }

    /// A grant that only the holder of a key may use, and there is no key.
    static func boundToKey(_ exchange: Exchange) -> ExchangeFailure {
        misconfigured(
            exchange,
            "the identity provider's grant is bound to a key, which is not supported.",
            cause: "id_jag_bound_to_key",
            detail: "The ID-JAG has a 'cnf'."
        )
    }

    /// An exchanged token that must not be sent on.
    static func unusableToken(_ exchange: Exchange, _ problem: ExchangedTokenVerifier.Problem) -> ExchangeFailure {
        switch problem {
        case .unacceptable(let error):
            return misconfigured(
                exchange,
                "the exchanged token is not what was asked for. Ask the server's administrator to compare its "
                    + "expectedIssuer and requiredAudiences with what the endpoint issues.",
                cause: "exchanged_token_\(error.code.rawValue)",
                detail: error.description
            )
        case .opensGateway:
            return misconfigured(
                exchange,
                "the exchanged token would let its holder in at this gateway as the user. Ask the server's administrator to "
                    + "name the server's own audience in requiredAudiences.",
                cause: "exchanged_token_opens_gateway",
                detail: "Its issuer and audience are among the gateway's identityProviders and bearerAudiences."
            )
        case .keysUnavailable(let message):
            return ExchangeFailure(
                error: BrokerError(
                    .exchangeUnavailable,
                    "Could not obtain a token for '\(exchange.plan.server)': whether the exchanged token is genuine cannot "
                        + "be found out now. Try again later.",
                    leg: .tokenExchange,
                    cause: "keys_unavailable"
                ),
                memory: .attempt(digest: exchange.subject.digest, version: exchange.plan.version),
                detail: message
            )
        }
    }

    /// A user's token that the server may not see.
    ///
    /// - Parameters:
    ///   - exchange: For whom.
    ///   - missing: The audience that the token is not for; `nil` if the server may see none of the provider's tokens.
    /// - Returns: The failure, which lasts until the token or the route is another one.
    static func notForwardable(_ exchange: Exchange, missing: String?) -> ExchangeFailure {
        let why = missing.map { "the user's ID token is not for '\($0.prefix(300))'" }
        let problem = why ?? "ID tokens of the user's provider may not be sent there"
        return ExchangeFailure(
            error: BrokerError(
                .subjectTokenRequired,
                "Could not send the user's token to '\(exchange.plan.server)': \(problem). Sign in with the audiences that "
                    + "the server requires, or ask its administrator.",
                cause: missing == nil ? "issuer" : "audience"
            ),
            memory: .attempt(digest: exchange.subject.digest, version: exchange.plan.version),
            detail: problem
        )
    }

    static func outOfOrder(_ exchange: Exchange) -> ExchangeFailure {
        misconfigured(exchange, "the exchange was out of order.", cause: "out_of_order", detail: "Report this.")
    }

    private static func misconfigured(
        _ exchange: Exchange,
        _ problem: String,
        cause: String,
        detail: String
    ) -> ExchangeFailure {
        ExchangeFailure(
            error: BrokerError(
                .serverMisconfigured,
                "Could not obtain a token for '\(exchange.plan.server)': \(problem)",
                leg: .tokenExchange,
                cause: cause
            ),
            memory: .attempt(digest: exchange.subject.digest, version: exchange.plan.version),
            detail: detail
        )
    }
}
