// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth

/// Decides the steps that lead to a server's token.
///
/// | source | steps |
/// |---|---|
/// | forwarding | the user's token itself, once its audiences are checked |
/// | exchange | the user's token for another one, which is verified |
/// | assertion | the user's token for an ID-JAG, and the ID-JAG for an access token |
///
/// It does no I/O: each method takes what came of a step and returns the next. The subject token is renewed at most once,
/// and at most one ID-JAG is obtained in place of one that was refused or lost; no ID-JAG is ever sent twice. A server that
/// does not know a client's new credential yet is tried once with the one before.
struct Exchange: Sendable {
    /// The next step.
    enum Action: Sendable {
        /// Renew that subject token, then ``renewed(_:at:)`` or ``couldNotRenew(_:at:)``.
        case renew(SubjectToken)
        /// Send leg 1, then ``exchanged(_:at:)``.
        case exchange(TokenExchangeRequest)
        /// Verify what leg 1 brought, then ``verified(_:)``.
        case verify(Redacted<String>, TokenSource.ExchangedToken)
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
        case verifying(AccessToken)
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
    /// The legs that are sent under the credential of before.
    private(set) var fallbackLegs: Set<ExchangeLeg> = []
    /// When this began, for how long a credential of before may stand in.
    private let start: Duration

    /// - Parameters:
    ///   - plan: What is needed for it.
    ///   - scopes: What is asked for.
    ///   - subject: The user's token.
    ///   - start: The time, as the plan's fallbacks have it.
    init(plan: ExchangePlan, scopes: ScopeList, subject: SubjectToken, start: Duration) {
        self.plan = plan
        self.scopes = scopes
        self.subject = subject
        self.start = start
    }

    /// The first step.
    mutating func start(at now: NumericDate) -> Action { obtain(at: now) }

    /// Whom a leg goes to, as whoever this gateway is there at this step; `nil` if there is no such leg.
    func peer(_ leg: ExchangeLeg) -> TokenPeer? {
        guard var peer = plan.source.peer(leg) else { return nil }
        if fallbackLegs.contains(leg), let fallback = peer.fallback { peer.client = fallback.client }
        return peer
    }

    mutating func renewed(_ token: SubjectToken, at now: NumericDate) -> Action {
        guard case .renewing = phase else { return unexpected() }
        subject = token
        return obtain(at: now)
    }

    mutating func couldNotRenew(_ error: BrokerError, at now: NumericDate) -> Action {
        guard case .renewing(let refusal) = phase else { return unexpected() }
        // A token that was only about to end may still do.
        if refusal == nil, let expiry = subject.expiry, now < expiry { return request(at: now) }
        let memory: FailureMemory =
            error.reason == .reauthenticationRequired
            ? .subject(digest: subject.digest) : .attempt(digest: subject.digest, version: plan.version)
        return fail(ExchangeFailure(error: error, memory: memory, detail: refusal?.message ?? error.message))
    }

    mutating func exchanged(_ result: Result<TokenResponse, TokenEndpointError>, at now: NumericDate) -> Action {
        guard case .exchanging = phase else { return unexpected() }
        do throws(TokenEndpointError) {
            let response = try result.get()
            switch plan.source {
            case .forwarding: return unexpected()
            case .exchange(_, let expected):
                // Dex calls every token a bearer token.
                try response.checkExchange(for: .idToken, isLenient: true)
                phase = .verifying(AccessToken(response.token, lifetime: response.lifetime))
                return .verify(response.token, expected)
            case .assertion(_, _, let assertion):
                try response.checkExchange(for: .idJAG, isLenient: assertion.isLenient)
                return redeem(response, assertion, at: now)
            }
        } catch { return legFailed(error, .tokenExchange, at: now) }
    }

    mutating func verified(_ result: Result<Void, ExchangedTokenVerifier.Problem>) -> Action {
        guard case .verifying(let token) = phase else { return unexpected() }
        switch result {
        case .success:
            phase = .over
            return .finish(IssuedToken(token: token, subject: subject))
        case .failure(let problem): return fail(.unusableToken(self, problem))
        }
    }

    private mutating func redeem(
        _ response: TokenResponse,
        _ terms: TokenSource.Assertion,
        at now: NumericDate
    ) -> Action {
        do throws(IDJAGError) {
            let assertion = try IDJAG(
                response,
                expectation: IDJAGExpectation(
                    issuer: plan.issuer,
                    audience: terms.audience,
                    clientID: plan.source.peer(.jwtBearer)?.client.clientID ?? "",
                    resource: terms.sendsResource ? plan.resource : nil
                ),
                requestedScope: scopes.text,
                at: now
            )
            guard !assertion.isBoundToKey else { return fail(.boundToKey(self)) }
            assertedSubject = assertion.subject
            phase = .redeeming(scope: assertion.scope)
            return .redeem(assertion.redeem(resource: terms.authServerSendsResource ? plan.resource : nil))
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

    private mutating func obtain(at now: NumericDate) -> Action {
        if let expiry = subject.expiry, expiry < now.advanced(by: Self.subjectMargin), !hasRenewed {
            return renew(because: nil)
        }
        return request(at: now)
    }

    private mutating func request(at now: NumericDate) -> Action {
        phase = .exchanging
        switch plan.source {
        case .forwarding(let forwarding): return forward(forwarding)
        case .exchange(_, let expected):
            let connector = expected.connectorID.flatMap { AdditionalParameter(name: "connector_id", value: $0) }
            return .exchange(
                TokenExchangeRequest(
                    subjectToken: subject.token,
                    subjectTokenType: subject.type,
                    requestedTokenType: .idToken,
                    scope: scopes.text,
                    additionalParameters: connector.map { [$0] } ?? []
                )
            )
        case .assertion(_, _, let assertion):
            return .exchange(
                .idJAG(
                    subjectToken: subject.token,
                    subjectTokenType: subject.type,
                    audience: assertion.audience,
                    resource: assertion.sendsResource ? plan.resource : nil,
                    scope: scopes.text
                )
            )
        }
    }

    /// The user's token itself, if it is for the server: by the provider's `forwardTo`, and by what the server requires.
    private mutating func forward(_ forwarding: TokenSource.Forwarding) -> Action {
        let claims: Claims
        do throws(TokenError) { claims = try UnverifiedJWT(subject.token).claims } catch {
            return fail(.notForwardable(self, missing: nil))
        }
        func isFor(_ audience: String) -> Bool { claims.audiences.contains { $0.hasSameBytes(as: audience) } }
        let targets = forwarding.targets.filter { target in claims.issuer?.hasSameBytes(as: target.issuer) ?? false }
        if !forwarding.targets.isEmpty, !targets.contains(where: { isFor($0.audience) }) {
            return fail(.notForwardable(self, missing: targets.first?.audience))
        }
        if let missing = forwarding.requiredAudiences.first(where: { !isFor($0) }) {
            return fail(.notForwardable(self, missing: missing))
        }
        phase = .over
        return .finish(IssuedToken(token: AccessToken(subject.token, lifetime: nil), subject: subject))
    }

    private mutating func renew(because refusal: TokenEndpointError?) -> Action {
        hasRenewed = true
        phase = .renewing(refusal: refusal)
        return .renew(subject)
    }

    private mutating func replaceAssertion(at now: NumericDate) -> Action {
        hasReplacedAssertion = true
        return obtain(at: now)
    }

    private mutating func legFailed(
        _ error: TokenEndpointError,
        _ leg: ExchangeLeg,
        at now: NumericDate
    ) -> Action {
        let remedy = error.remedy(for: leg)
        switch remedy {
        case .replaceCredential where canFallBack(leg):
            fallbackLegs.insert(leg)
            // A server that refused the client has not looked at the ID-JAG; it gets another one all the same.
            return obtain(at: now)
        case .renewSubjectToken where !hasRenewed: return renew(because: error)
        case .obtainNewAssertion where !hasReplacedAssertion: return replaceAssertion(at: now)
        default: return fail(ExchangeFailure(self, error, leg, remedy))
        }
    }

    private func canFallBack(_ leg: ExchangeLeg) -> Bool {
        guard !fallbackLegs.contains(leg), let fallback = plan.source.peer(leg)?.fallback else { return false }
        return start < fallback.until
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
