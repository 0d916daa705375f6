// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
package import RouteTable
import Timing

extension TokenBroker {
    /// A token in place of one that its server refused with 401.
    ///
    /// That very token is dropped, whichever request finds out first, and one new exchange follows. A server that refuses
    /// the new one as well is not asked again for a while.
    ///
    /// - Parameters:
    ///   - token: What was sent.
    ///   - session: Whose.
    ///   - route: The server.
    ///   - correlationID: Ties records to the request.
    /// - Returns: Another token, to try once more with.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    package func rejected(
        _ token: BrokeredToken,
        for session: Session,
        route: VersionedRoute,
        correlationID: String
    ) async throws -> BrokeredToken {
        do {
            let request = try await request(session, route, correlationID)
            let error = Self.freshTokenRefused(by: request.plan.server)
            let jitter = environment.jitter()
            let rejection = state.withLockedValue {
                $0.rejected(token, error, request, at: environment.time.now, jitter: jitter)
            }
            switch rejection {
            case .giveUp: throw error
            case .replacedAlready: return try await self.token(request)
            case .replace(let key):
                let fresh = try await self.token(request)
                state.withLockedValue { $0.replaced(key, with: fresh, at: environment.time.now) }
                return fresh
            }
        } catch { throw recorded(error, session, route, correlationID) }
    }

    /// Drops a token that its server refused, and obtains no other one: for a request that cannot be sent again.
    ///
    /// What is obtained next counts as obtained in its place, see ``rejected(_:for:route:correlationID:)``.
    package func discard(_ token: BrokeredToken, for session: Session, route: VersionedRoute) async {
        do {
            let request = try await request(session, route, "")
            let error = Self.freshTokenRefused(by: request.plan.server)
            let jitter = environment.jitter()
            state.withLockedValue { $0.discard(token, error, request, at: environment.time.now, jitter: jitter) }
        } catch {
            // Without a plan there is nothing under which it could be kept.
        }
    }

    private static func freshTokenRefused(by server: RouteKey) -> BrokerError {
        BrokerError(
            .upstreamRejectedToken,
            "The server '\(server)' does not accept a fresh token. Ask its administrator.",
            cause: "fresh_token_rejected"
        )
    }

    /// A token with more scopes, for a server that answered 403 `insufficient_scope`.
    ///
    /// What the server demands is joined with what the token had, within the resource's `scopes` and `stepUpScopes`, at
    /// most three times in ten minutes ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)).
    ///
    /// - Parameters:
    ///   - demanded: The scopes of the challenge.
    ///   - token: What was sent.
    ///   - session: Whose.
    ///   - route: The server.
    ///   - correlationID: Ties records to the request.
    /// - Returns: Another token, to try once more with.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    package func stepUp(
        to demanded: Set<String>,
        insteadOf token: BrokeredToken,
        for session: Session,
        route: VersionedRoute,
        correlationID: String
    ) async throws -> BrokeredToken {
        do {
            let request = try await request(session, route, correlationID)
            let verdict = state.withLockedValue {
                $0.demand(ScopeList(demanded), token, request, at: environment.time.now)
            }
            switch verdict {
            case .useCurrent: return try await self.token(request)
            case .notAllowed: throw Self.insufficientScope(request, "it is not allowed to ask for it", "not_allowed")
            case .alreadyAsked: throw Self.insufficientScope(request, "it was not granted", "not_granted")
            case .tooOften: throw Self.insufficientScope(request, "the server wants more each time", "too_often")
            case .obtain: return try await obtainStepUp(request)
            }
        } catch { throw recorded(error, session, route, correlationID) }
    }

    private func obtainStepUp(_ request: TokenRequest) async throws -> BrokeredToken {
        do {
            return try await token(request)
        } catch let failure as RecordedFailure where failure.error.reason != .exchangeUnavailable {
            // What was refused must not keep the caller from what was not.
            state.withLockedValue { $0.revertStepUp(request) }
            guard failure.error.cause == "invalid_scope" else { throw failure }
            throw Self.insufficientScope(request, "it was not granted", "invalid_scope")
        }
    }

    private static func insufficientScope(_ request: TokenRequest, _ why: String, _ cause: String) -> BrokerError {
        BrokerError(
            .insufficientScope,
            "The server '\(request.plan.server)' wants a scope that this gateway has not: \(why). Ask the server's "
                + "administrator to extend its stepUpScopes, or to grant the scope.",
            cause: cause
        )
    }

    /// Drops all that belongs to a session that has ended.
    ///
    /// An exchange that is under way leaves nothing behind.
    package func forget(_ session: SessionIdentity) {
        state.withLockedValue { $0.forget(session) }
        subjects.forget(session)
    }

    /// Lets a caller try again at once: what failed for them is forgotten, what failed for everybody is not.
    package func retry(_ session: Session, _ route: RouteKey) {
        state.withLockedValue { $0.retry(Caller(user: session.identity.user, server: route)) }
    }

    /// How a session stands with a server.
    package enum Standing: Sendable {
        /// There is a token.
        case connected
        /// Nothing was tried, or not lately.
        case untried
        /// What was tried would fail again.
        case failed(BrokerError)
    }

    /// How a session stands with a server; obtains nothing, waits for nobody and records nothing.
    package func standing(of session: Session, route: VersionedRoute) async -> Standing {
        do {
            let request = try await request(session, route, "", waits: false)
            let (key, _) = state.withLockedValue { $0.key(request) }
            switch state.withLockedValue({ $0.look(key, request, at: environment.time.now) }) {
            case .kept: return .connected
            case .refused(let error): return .failed(error)
            case .missing: return .untried
            }
        } catch let error as BrokerError {
            return error.cause == ExchangePlanner.undiscovered ? .untried : .failed(error)
        } catch {
            // Cancelled: nobody is there to read it.
            return .untried
        }
    }

    /// Drops the tokens of a route whose credential, endpoints, resource or scopes changed; all others stay.
    ///
    /// - Parameters:
    ///   - server: The route.
    ///   - route: As it is now; `nil` if it is gone.
    package func routeChanged(_ server: RouteKey, to route: VersionedRoute?) {
        let standing = route.map(planner.standing) ?? .unusable
        if route == nil { planner.forget(server) }
        let count = state.withLockedValue { state in
            state.routeChanged(server, to: standing)
            return state.tokens.count
        }
        recorder.metrics.cachedTokens(count)
    }

    /// Records a refusal, unless it has its record, and gives what callers get.
    func recorded(
        _ error: any Error,
        _ session: Session,
        _ route: VersionedRoute,
        _ correlationID: String
    ) -> any Error {
        switch error {
        case let failure as RecordedFailure: return failure.error
        case let failure as RememberedFailure:
            recorder.refused(failure.error, route.route.key, session, correlationID)
            return failure.error
        case let error as BrokerError:
            recorder.refused(error, route.route.key, session, correlationID)
            return error
        default: return error
        }
    }
}
