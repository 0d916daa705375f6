// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
package import RouteTable
import Timing

extension ServerConnections {
    /// The access token of a user for a server.
    ///
    /// - Parameters:
    ///   - session: Who asks.
    ///   - route: The server, in the mode of the authorization code.
    ///   - correlationID: Ties records to the request.
    /// - Returns: One that is kept or refreshed; `nil` if the user has to consent first.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    package func token(
        for session: Session,
        route: VersionedRoute,
        correlationID: String
    ) async throws -> BrokeredToken? {
        let request = ConnectionRequest(server: route.route.key, session: session, correlationID: correlationID)
        do {
            _ = try mode(of: route.route)
            switch change({ $0.look(request.caller, route.route, at: environment.time.now) }) {
            case .token(let token): return token
            case .none: return nil
            case .resting(let error): throw error
            case .refresh(let grant): return try await refreshed(grant, route.route, request)
            }
        } catch { throw recorded(error, request) }
    }

    /// A token in place of one that its server refused with 401.
    ///
    /// The grant is refreshed once. A server that refuses the new token as well is not asked again for a while; the grant
    /// stays.
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
        let request = ConnectionRequest(server: route.route.key, session: session, correlationID: correlationID)
        do {
            let rejection = change { $0.rejected(request.caller, route.route, token, at: environment.time.now) }
            switch rejection {
            case .useCurrent(let current): return current
            case .resting(let error): throw error
            case .ended: throw Self.consentNeeded(request.server, cause: "token_refused")
            case .refresh(let grant):
                guard let token = try await refreshed(grant, route.route, request) else {
                    throw Self.consentNeeded(request.server, cause: "token_refused")
                }
                return token
            }
        } catch { throw recorded(error, request) }
    }

    /// Drops a token that its server refused, and obtains no other one: for a request that cannot be sent again.
    ///
    /// What is obtained next counts as obtained in its place, see ``rejected(_:for:route:correlationID:)``.
    package func discard(_ token: BrokeredToken, for session: Session, route: VersionedRoute) {
        let caller = Caller(user: session.identity.user, server: route.route.key)
        change { $0.discard(caller, token, at: environment.time.now) }
    }

    /// Notes that a server answered 403 `insufficient_scope`: the user has to consent to more.
    ///
    /// What it demands is asked for the next time, together with what the user has consented to.
    ///
    /// - Returns: What the caller is told.
    package func demanded(
        _ scopes: Set<String>,
        of session: Session,
        route: VersionedRoute,
        correlationID: String
    ) -> BrokerError {
        let request = ConnectionRequest(server: route.route.key, session: session, correlationID: correlationID)
        let wanted = ScopeSelection.readable(scopes)
        let isNoted = state.withLockedValue { $0.demand(wanted, of: request.caller, at: environment.time.now) }
        let error =
            isNoted
            ? BrokerError(
                .connectionRequired,
                "The server '\(request.server)' wants more than the user has consented to. Connect to it again.",
                cause: "insufficient_scope"
            )
            : BrokerError(
                .insufficientScope,
                "The server '\(request.server)' wants more scopes each time. Ask its administrator.",
                cause: "too_often"
            )
        recorder.refused(error, request.server, session, correlationID)
        return error
    }

    /// Whether a user is connected to a server; obtains nothing, waits for nobody and records nothing.
    package func isConnected(_ session: Session, route: VersionedRoute) -> Bool {
        let caller = Caller(user: session.identity.user, server: route.route.key)
        if case .none = change({ $0.look(caller, route.route, at: environment.time.now) }) { return false }
        return true
    }

    /// Lets a user try again at once where a refresh has failed.
    package func retry(_ session: Session, _ server: RouteKey) {
        state.withLockedValue { $0.retry(Caller(user: session.identity.user, server: server)) }
    }

    /// Ends a user's connection to a server, whatever is under way for it.
    package func disconnect(_ session: Session, _ server: RouteKey) {
        change { $0.disconnect(Caller(user: session.identity.user, server: server)) }
    }

    /// Drops the connections to a route that stands for something else now; all others stay, and go on as it says.
    ///
    /// - Parameters:
    ///   - server: The route.
    ///   - route: As it is now; `nil` if it is gone.
    package func routeChanged(_ server: RouteKey, to route: VersionedRoute?) {
        change { $0.routeChanged(server, to: route?.route) }
        if route == nil { clients.forget(server) }
    }

    /// What callers are told who have to consent first.
    static func consentNeeded(_ server: RouteKey, cause: String) -> BrokerError {
        BrokerError(
            .connectionRequired,
            "The server '\(server)' wants the user's own consent, and there is none that is still good. Connect to it.",
            cause: cause
        )
    }

    /// What a route says, if this gateway may use it.
    func mode(of route: Route) throws -> RouteAuthentication.AuthorizationCode {
        guard case .authorizationCode(let mode) = route.authentication else {
            throw BrokerError.connecting(
                .serverMisconfigured,
                route.key,
                "its mode needs no consent of users.",
                cause: "mode"
            )
        }
        switch rules.judge(route) {
        case .allowed: return mode
        case .refused(let refusal), .undecided(let refusal, _):
            throw BrokerError.connecting(
                .serverMisconfigured,
                route.key,
                refusal.message,
                cause: refusal.reason.rawValue
            )
        }
    }

    /// Records a refusal, unless it has its record, and gives what callers get.
    func recorded(_ error: any Error, _ request: ConnectionRequest) -> any Error {
        switch error {
        case let failure as ConnectionFailure: return failure.error
        case let error as FlightError:
            return recorded(BrokerError(error, server: request.server.description), request)
        case let error as BrokerError:
            recorder.refused(error, request.server, request.session, request.correlationID)
            return error
        default: return error
        }
    }
}

// MARK: - Token requests

extension ServerConnections {
    /// Refreshes a grant once for all who want it.
    ///
    /// - Returns: `nil` if the grant is over.
    private func refreshed(
        _ grant: Grant,
        _ route: Route,
        _ request: ConnectionRequest
    ) async throws -> BrokeredToken? {
        let flight = Flight.refresh(request.caller, serial: grant.serial)
        return try await flights.value(for: flight, atMost: environment.settings.callDeadline) {
            // The flight before this one may have ended between the look and the start.
            switch self.change({ $0.look(request.caller, route, at: self.environment.time.now) }) {
            case .token(let token): return token
            case .none: return nil
            case .resting(let error): throw error
            case .refresh(let current):
                if let token = try await self.refresh(current, route, request) { return token }
            }
            // It is over, or the user has consented anew meanwhile.
            switch self.change({ $0.look(request.caller, route, at: self.environment.time.now) }) {
            case .token(let token): return token
            case .resting(let error): throw error
            case .refresh, .none: return nil
            }
        }
    }

    /// - Returns: `nil` if the grant is over, or another one by now.
    private func refresh(_ grant: Grant, _ route: Route, _ request: ConnectionRequest) async throws -> BrokeredToken? {
        guard case .authorizationCode(let mode) = route.authentication, let refreshToken = grant.refreshToken else {
            return nil
        }
        do {
            let server = try await discovery.server(grant.binding.issuer, mode, route.key)
            let tokens = try await tokens(
                grant.form(refreshToken),
                at: server,
                ConnectionRecorder.Sent(
                    step: .refreshToken,
                    url: server.tokenEndpoint,
                    binding: grant.binding,
                    scopes: grant.scopes,
                    duration: .zero
                ),
                as: try ConnectionClients.current(grant.credential, grant.binding, mode, route.key),
                request
            )
            let isKept = state.withLockedValue { state in
                state.refreshed(request.caller, grant.serial, tokens, at: environment.time.now)
            }
            return isKept ? tokens.token : nil
        } catch let failure as ConnectionFailure {
            return try couldNotRefresh(grant, failure, request)
        } catch let error as BrokerError {
            rest(grant, error, error.retryAfter, request)
            throw error
        }
    }

    /// - Returns: `nil`: the grant is over.
    private func couldNotRefresh(
        _ grant: Grant,
        _ failure: ConnectionFailure,
        _ request: ConnectionRequest
    ) throws -> BrokeredToken? {
        switch failure.consequence {
        case .rests(let wait):
            rest(grant, failure.error, wait, request)
            throw failure
        case .endsWithClient: clients.forget(grant.binding.clientID, of: request.server, at: grant.binding.issuer)
        case .ends: break
        }
        change { $0.ended(request.caller, grant.serial) }
        return nil
    }

    private func rest(_ grant: Grant, _ error: BrokerError, _ wait: Duration?, _ request: ConnectionRequest) {
        state.withLockedValue { state in
            state.couldNotRefresh(
                request.caller,
                grant.serial,
                error,
                remembering: { wait ?? DoublingDelay.after($0, first: .seconds(1), longest: .seconds(30)) },
                at: environment.time.now
            )
        }
    }

    /// Sends a token request and checks the answer.
    ///
    /// - Parameters:
    ///   - form: The grant.
    ///   - server: Where it goes.
    ///   - sent: For the record.
    ///   - credential: Who sends it.
    ///   - request: Who wants it.
    /// - Returns: The tokens.
    /// - Throws: ``ConnectionFailure``, which has its record, or `CancellationError`.
    func tokens(
        _ form: TokenForm,
        at server: AuthorizationServer,
        _ sent: ConnectionRecorder.Sent,
        as credential: ClientCredential,
        _ request: ConnectionRequest
    ) async throws -> GrantedTokens {
        var sent = sent
        let start = environment.time.now
        let failure: ConnectionFailure
        do {
            let response = try await environment.send(
                form,
                to: server.tokenEndpoint,
                as: credential,
                for: request.caller.user,
                isConfigured: server.isTokenEndpointListed
            )
            sent.duration = environment.time.now - start
            let issued = try AccessToken(response, requestedScope: sent.scopes.text, resource: sent.binding.resource)
            let tokens = granted(issued, response.refreshToken, sent.scopes)
            let detail = issued.hasUnrequestedScopes ? "More scopes were granted than asked for." : nil
            recorder.granted(tokens, sent, request, detail: detail)
            return tokens
        } catch let error as TokenEndpointError {
            failure = ConnectionFailure(error, sent.step, sent.binding, request.server)
        } catch let error as FlightError {
            failure = .busy(error.rawValue, request.server)
        } catch is OpenSSLError {
            failure = .busy("no_randomness", request.server)
        }
        sent.duration = environment.time.now - start
        recorder.failed(failure, sent, request)
        throw failure
    }

    private func granted(_ token: AccessToken, _ refreshToken: Redacted<String>?, _ scopes: ScopeList) -> GrantedTokens
    {
        // A token that cannot be refreshed is kept until its server refuses it, where nobody says how long it is good.
        let unsaid = refreshToken == nil ? Self.longestUnsaid : nil
        return GrantedTokens(
            token: BrokeredToken(
                token: token.token,
                scopes: token.scopes,
                requestedScopes: scopes,
                lifetime: TokenLifetime.usable(
                    token.token,
                    stated: token.lifetime ?? unsaid,
                    subjectExpiry: nil,
                    cap: nil,
                    at: environment.wallClock()
                )
            ),
            refreshToken: refreshToken
        )
    }

    /// How long a token is kept whose server does not say how long it is good, and gives nothing to refresh it with.
    private static let longestUnsaid = Duration.seconds(12 * 3_600)
}
