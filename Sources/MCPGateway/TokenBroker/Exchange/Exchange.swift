// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth

/// Decides the steps of one exchange: the user's token for an ID-JAG, and the ID-JAG for an access token.
///
/// It does no I/O: each method takes what came of a step and returns the next. The subject token is renewed at most once,
/// and at most one ID-JAG is obtained in place of one that was refused or lost; no ID-JAG is ever sent twice.
struct Exchange: Sendable {
    /// The next step.
    enum Action: Sendable {
        /// Renew that subject token, then ``renewed(_:at:)`` or ``couldNotRenew(_:at:)``.
        case renew(SubjectToken)
        /// Send leg 1, then ``exchanged(_:at:)``.
        case exchange(TokenExchangeRequest)
        /// Send leg 2, then ``redeemed(_:at:)``.
        case redeem(JWTBearerRequest)
        case finish(IssuedToken)
        case fail(ExchangeFailure)
    }

    private enum Phase: Sendable {
        case ready
        /// Why: `nil` if the token was about to end.
        case renewing(refusal: TokenEndpointError?)
        case exchanging
        /// The scope that leg 2 was sent with.
        case redeeming(scope: String?)
        case over
    }

    /// What a subject token must still be valid for, to survive the way.
    static let subjectMargin = Duration.seconds(5)

    let plan: ExchangePlan
    /// What is asked for.
    let scopes: ScopeList
    private(set) var subject: SubjectToken
    /// Whom the last ID-JAG names, which providers may do differently for each authorization server.
    private(set) var assertedSubject: String?
    private var phase = Phase.ready
    private var hasRenewed = false
    private var hasReplacedAssertion = false

    init(plan: ExchangePlan, scopes: ScopeList, subject: SubjectToken) {
        self.plan = plan
        self.scopes = scopes
        self.subject = subject
    }

    /// The first step.
    mutating func start(at now: NumericDate) -> Action { obtainAssertion(at: now) }

    mutating func renewed(_ token: SubjectToken, at now: NumericDate) -> Action {
        guard case .renewing = phase else { return unexpected() }
        subject = token
        return obtainAssertion(at: now)
    }

    mutating func couldNotRenew(_ error: BrokerError, at now: NumericDate) -> Action {
        guard case .renewing(let refusal) = phase else { return unexpected() }
        // A token that was only about to end may still do.
        if refusal == nil, let expiry = subject.expiry, now < expiry { return request() }
        let memory: FailureMemory =
            error.reason == .reauthenticationRequired
            ? .subject(digest: subject.digest) : .attempt(digest: subject.digest, version: plan.version)
        return fail(ExchangeFailure(error: error, memory: memory, detail: refusal?.message ?? error.message))
    }

    mutating func exchanged(_ result: Result<TokenResponse, TokenEndpointError>, at now: NumericDate) -> Action {
        guard case .exchanging = phase else { return unexpected() }
        let response: TokenResponse
        do throws(TokenEndpointError) {
            response = try result.get()
            try response.checkExchange(for: .idJAG, isLenient: plan.isLenient)
        } catch { return legFailed(error, .tokenExchange, at: now) }
        do throws(IDJAGError) {
            let assertion = try IDJAG(
                response,
                expectation: plan.expectation,
                requestedScope: scopes.text,
                at: now
            )
            guard !assertion.isBoundToKey else { return fail(.boundToKey(self)) }
            assertedSubject = assertion.subject
            phase = .redeeming(scope: assertion.scope)
            return .redeem(assertion.redeem(resource: plan.authServerSendsResource ? plan.resource : nil))
        } catch {
            // One that has ended on arrival may have been delayed; a second one says that the clocks disagree.
            if error.code == .expired, !hasReplacedAssertion { return replaceAssertion(at: now) }
            return fail(.unusableAssertion(self, error))
        }
    }

    mutating func redeemed(_ result: Result<TokenResponse, TokenEndpointError>, at now: NumericDate) -> Action {
        guard case .redeeming(let scope) = phase else { return unexpected() }
        do throws(TokenEndpointError) {
            let token = try AccessToken(try result.get(), requestedScope: scope, resource: plan.resource)
            phase = .over
            return .finish(IssuedToken(token: token, subject: subject))
        } catch { return legFailed(error, .jwtBearer, at: now) }
    }

    private mutating func obtainAssertion(at now: NumericDate) -> Action {
        if let expiry = subject.expiry, expiry < now.advanced(by: Self.subjectMargin), !hasRenewed {
            return renew(because: nil)
        }
        return request()
    }

    private mutating func request() -> Action {
        phase = .exchanging
        return .exchange(
            .idJAG(
                subjectToken: subject.token,
                subjectTokenType: subject.type,
                audience: plan.audience,
                resource: plan.sendsResource ? plan.resource : nil,
                scope: scopes.text
            )
        )
    }

    private mutating func renew(because refusal: TokenEndpointError?) -> Action {
        hasRenewed = true
        phase = .renewing(refusal: refusal)
        return .renew(subject)
    }

    private mutating func replaceAssertion(at now: NumericDate) -> Action {
        hasReplacedAssertion = true
        return obtainAssertion(at: now)
    }

    private mutating func legFailed(
        _ error: TokenEndpointError,
        _ leg: ExchangeLeg,
        at now: NumericDate
    ) -> Action {
        let remedy = error.remedy(for: leg)
        switch remedy {
        case .renewSubjectToken where !hasRenewed: return renew(because: error)
        case .obtainNewAssertion where !hasReplacedAssertion: return replaceAssertion(at: now)
        default: return fail(ExchangeFailure(self, error, leg, remedy))
        }
    }

    private mutating func fail(_ failure: ExchangeFailure) -> Action {
        phase = .over
        return .fail(failure)
    }

    /// Only a mistake of ours leads here; nothing is sent for it.
    private mutating func unexpected() -> Action { fail(.outOfOrder(self)) }
}

/// What an exchange brings.
struct IssuedToken: Sendable {
    let token: AccessToken
    /// The subject token that was used in the end, which bounds the token's life.
    let subject: SubjectToken
}
