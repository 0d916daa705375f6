// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import OpenSSL
import Timing

/// Carries an ``Exchange`` out, and records each leg.
struct ExchangeRunner: Sendable {
    let plan: ExchangePlan
    let session: Session
    let correlationID: String
    let environment: BrokerEnvironment
    let subjects: any SubjectTokens
    let verifier: ExchangedTokenVerifier
    let recorder: BrokerRecorder
    /// Told of each endpoint that answered, so that nobody waits for the steps after it to learn that it works.
    let onAnswer: @Sendable (_ endpoint: String) -> Void

    /// Goes through all steps.
    ///
    /// - Throws: ``ExchangeFailure``, or `CancellationError`.
    func run(scopes: ScopeList, subject: SubjectToken) async throws -> IssuedToken {
        var exchange = Exchange(plan: plan, scopes: scopes, subject: subject, start: environment.time.now)
        var action = exchange.start(at: environment.wallClock())
        while true {
            switch action {
            case .renew(let token):
                do {
                    let newer = try await subjects.renew(session, replacing: token)
                    action = exchange.renewed(newer, at: environment.wallClock())
                } catch let error as BrokerError {
                    action = exchange.couldNotRenew(error, at: environment.wallClock())
                    if case .fail(let failure) = action { recorder.refused(failure, plan, session, correlationID) }
                }
            case .exchange(let request):
                var sent = try await send(.tokenExchange, request.form, request.scope, exchange)
                action = exchange.exchanged(sent.result, at: environment.wallClock())
                if case .verify(let token, let expected) = action {
                    action = exchange.verified(try await verifier.verify(token, expected))
                }
                if let asserted = exchange.assertedSubject {
                    sent.namesOther = !asserted.hasSameBytes(as: session.identity.user.subject)
                }
                record(sent, action)
            case .redeem(let request):
                let sent = try await send(.jwtBearer, request.form, request.scope, exchange)
                action = exchange.redeemed(sent.result, at: environment.wallClock())
                record(sent, action)
            case .verify: action = .fail(.outOfOrder(exchange))
            case .finish(let issued):
                if case .forwarding = plan.source { recorder.forwarded(issued, plan, session, correlationID) }
                return issued
            case .fail(let failure):
                if case .forwarding = plan.source { recorder.refused(failure, plan, session, correlationID) }
                throw failure
            }
        }
    }

    /// A leg that was sent.
    private struct SentLeg {
        var leg: ExchangeLeg
        var peer: TokenPeer
        var requestedScopes: String?
        var result: Result<TokenResponse, TokenEndpointError>
        var duration: Duration
        /// Whether the credential of before was used.
        var usedFallback: Bool
        /// Whether the ID-JAG names the user otherwise than the session does.
        var namesOther = false
    }

    private func send(
        _ leg: ExchangeLeg,
        _ form: TokenForm,
        _ scopes: String?,
        _ exchange: Exchange
    ) async throws -> SentLeg {
        guard let peer = exchange.peer(leg) else { throw ExchangeFailure.outOfOrder(exchange) }
        let start = environment.time.now
        let result: Result<TokenResponse, TokenEndpointError>
        do {
            result = .success(try await environment.send(form, to: peer, for: session.identity.user))
        } catch let error as TokenEndpointError { result = .failure(error) } catch let error as FlightError {
            throw busy(error.rawValue, leg)
        } catch is OpenSSLError { throw busy("no_randomness", leg) }
        if Self.isAnswer(result) { onAnswer(peer.endpoint) }
        return SentLeg(
            leg: leg,
            peer: peer,
            requestedScopes: scopes,
            result: result,
            duration: environment.time.now - start,
            usedFallback: exchange.fallbackLegs.contains(leg)
        )
    }

    /// Whether the endpoint was reached, and not too busy to say something of its own.
    private static func isAnswer(_ result: Result<TokenResponse, TokenEndpointError>) -> Bool {
        switch result {
        case .success: return true
        case .failure(let error):
            switch error.code {
            case .refused: return error.oauthError != .slowDown && ![429, 503].contains(error.status)
            case .malformed, .unexpectedToken, .refusedOtherwise: return true
            case .unavailable, .unreachable, .answerLost, .insecureEndpoint, .cannotAuthenticate: return false
            }
        }
    }

    /// Nothing was sent, so nothing is remembered.
    private func busy(_ cause: String, _ leg: ExchangeLeg) -> ExchangeFailure {
        let failure = ExchangeFailure(
            error: BrokerError(
                .exchangeUnavailable,
                "Could not obtain a token for '\(plan.server)': too much is going on. Try again later.",
                leg: leg,
                cause: cause
            ),
            memory: .nothing,
            detail: "The request was not sent."
        )
        recorder.refused(failure, plan, session, correlationID)
        return failure
    }

    private func record(_ sent: SentLeg, _ action: Exchange.Action) {
        var record = recorder.record(plan, session, correlationID, at: environment.wallClock())
        record.leg = sent.leg
        record.clientID = sent.peer.client.clientID
        record.endpoint = BrokerRecorder.withoutQuery(sent.peer.endpoint)
        record.requestedScopes = sent.requestedScopes
        record.duration = sent.duration
        switch (action, sent.result) {
        case (.redeem(let request), .success(let response)):
            record.outcome = .granted
            record.grantedScopes = request.scope
            record.tokenDigest = BrokerRecorder.digest(response.token)
            if sent.namesOther { record.detail = "The ID-JAG names the user otherwise than the session does." }
        case (.finish(let issued), _):
            record.outcome = .granted
            record.grantedScopes = ScopeList(issued.token.scopes).text
            record.tokenDigest = BrokerRecorder.digest(issued.token.token)
            if issued.token.hasUnrequestedScopes { record.detail = "More scopes were granted than asked for." }
        case (.fail(let failure), _):
            record.outcome = failure.error.reason == .exchangeUnavailable ? .failed : .refused
            record.reason = Refusal.Reason(failure.error.reason)
            record.errorType = failure.error.cause
            record.detail = failure.detail
        case (_, .failure(let error)):
            record.outcome = .refused
            record.errorType = error.oauthError?.rawValue ?? error.code.rawValue
            record.detail = error.message
        case (_, .success):
            record.outcome = .refused
            record.errorType = "id_jag_expired"
        }
        if sent.usedFallback, record.outcome == .granted {
            record.detail = Self.fallbackDetail
            recorder.metrics.usedFallback(sent.peer.endpoint)
        }
        recorder.sent(record, url: sent.peer.endpoint)
    }

    private static let fallbackDetail =
        "The server does not know the client's new credential yet, and took the one before. It is not tried any more a "
        + "minute after the change: make the new one known there."
}
