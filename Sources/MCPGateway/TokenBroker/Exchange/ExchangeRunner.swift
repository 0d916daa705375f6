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
    let recorder: BrokerRecorder

    /// Goes through all steps.
    ///
    /// - Throws: ``ExchangeFailure``, or `CancellationError`.
    func run(scopes: ScopeList, subject: SubjectToken) async throws -> IssuedToken {
        var exchange = Exchange(plan: plan, scopes: scopes, subject: subject)
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
                let (result, duration) = try await send(.tokenExchange, request.form)
                action = exchange.exchanged(result, at: environment.wallClock())
                let namesOther = exchange.assertedSubject.map { !$0.hasSameBytes(as: session.identity.user.subject) }
                record(.tokenExchange, request.scope, result, action, duration, namesOther: namesOther ?? false)
            case .redeem(let request):
                let (result, duration) = try await send(.jwtBearer, request.form)
                action = exchange.redeemed(result, at: environment.wallClock())
                record(.jwtBearer, request.scope, result, action, duration)
            case .finish(let token): return token
            case .fail(let failure): throw failure
            }
        }
    }

    private func send(
        _ leg: ExchangeLeg,
        _ form: TokenForm
    ) async throws -> (Result<TokenResponse, TokenEndpointError>, Duration) {
        let start = environment.time.now
        do {
            let response =
                switch leg {
                case .tokenExchange:
                    try await environment.send(
                        form,
                        to: plan.idpEndpoint,
                        as: plan.idpClient,
                        isConfigured: plan.isProviderConfigured
                    )
                case .jwtBearer:
                    try await environment.send(
                        form,
                        to: plan.authServerEndpoint,
                        as: plan.authServerClient,
                        isConfigured: plan.isAuthServerListed
                    )
                }
            return (.success(response), environment.time.now - start)
        } catch let error as TokenEndpointError {
            return (.failure(error), environment.time.now - start)
        } catch let error as FlightError { throw busy(error.rawValue, leg) } catch is OpenSSLError {
            throw busy("no_randomness", leg)
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

    private func record(
        _ leg: ExchangeLeg,
        _ requestedScopes: String?,
        _ result: Result<TokenResponse, TokenEndpointError>,
        _ action: Exchange.Action,
        _ duration: Duration,
        namesOther: Bool = false
    ) {
        var record = recorder.record(plan, session, correlationID, at: environment.wallClock())
        record.leg = leg
        record.clientID = leg == .tokenExchange ? plan.idpClient.clientID : plan.authServerClient.clientID
        record.endpoint = BrokerRecorder.withoutQuery(
            leg == .tokenExchange ? plan.idpEndpoint : plan.authServerEndpoint
        )
        record.requestedScopes = requestedScopes
        record.duration = duration
        switch (action, result) {
        case (.redeem(let request), .success(let response)):
            record.outcome = .granted
            record.grantedScopes = request.scope
            record.tokenDigest = BrokerRecorder.digest(response.token)
            if namesOther { record.detail = "The ID-JAG names the user otherwise than the session does." }
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
        recorder.sent(record, url: leg == .tokenExchange ? plan.idpEndpoint : plan.authServerEndpoint)
    }
}
