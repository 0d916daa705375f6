// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OAuth
import OpenSSL

/// The tokens of sessions, renewed by their refresh tokens and kept for as long as they are used.
///
/// A refresh token goes to the token endpoint of its own issuer's metadata and to nowhere else. Whoever needs a session
/// renewed at the same time shares one request, because a provider may take a refresh token that comes twice for stolen.
final class RenewableSubjectTokens: SubjectTokens {
    private struct Renewed: Sendable {
        var idToken: SubjectToken?
        var refreshToken: SubjectToken
        /// The session's own refresh token that this began with: another one begins anew.
        var origin: SHA256.Digest
        /// The session's own ID token when it was renewed.
        var idTokenOrigin: SHA256.Digest
    }

    private let clients: any ProviderClients
    private let directory: IssuerDirectory
    private let authenticator: BearerAuthenticator
    private let environment: BrokerEnvironment
    private let flights: SingleFlight<SessionIdentity, Void>
    private let renewed: NIOLockedValueBox<BoundedTable<SessionIdentity, Renewed>>

    init(
        clients: any ProviderClients,
        directory: IssuerDirectory,
        authenticator: BearerAuthenticator,
        environment: BrokerEnvironment
    ) {
        self.clients = clients
        self.directory = directory
        self.authenticator = authenticator
        self.environment = environment
        flights = SingleFlight(time: environment.time)
        renewed = NIOLockedValueBox(BoundedTable(limit: environment.settings.sessions))
    }

    /// Renews tokens until the task is cancelled.
    func run() async throws { try await flights.run() }

    func current(_ session: Session, _ type: TokenType) -> SubjectToken? {
        let known = known(session)
        switch type {
        case .refreshToken: return known?.refreshToken ?? Self.refreshToken(session)
        case .idToken:
            let own = Self.idToken(session)
            guard let known, let renewed = known.idToken, let expiry = renewed.expiry else { return own }
            // What the session brings itself is older than what was renewed from it, however long either is valid.
            return known.idTokenOrigin == own.digest || expiry > session.idTokenExpiry ? renewed : own
        default: return nil
        }
    }

    func renew(_ session: Session, replacing token: SubjectToken) async throws -> SubjectToken {
        if let newer = newer(session, than: token) { return newer }
        guard let refreshToken = current(session, .refreshToken) else { throw Self.notRenewable }
        do {
            try await flights.value(for: session.identity, atMost: environment.settings.callDeadline) {
                // Somebody else may have renewed it since this was asked for.
                if self.newer(session, than: token) != nil { return }
                try await self.renew(session, by: refreshToken)
            }
        } catch let error as FlightError { throw Self.unavailable(nil, cause: error.rawValue) }
        guard let newer = newer(session, than: token) else { throw Self.notRenewable }
        return newer
    }

    func forget(_ session: SessionIdentity) { renewed.withLockedValue { _ = $0.remove(session) } }

    private func newer(_ session: Session, than token: SubjectToken) -> SubjectToken? {
        current(session, token.type).flatMap { $0.digest == token.digest ? nil : $0 }
    }

    private func known(_ session: Session) -> Renewed? {
        let origin = Self.refreshToken(session)?.digest
        return renewed.withLockedValue { $0.use(session.identity) }.flatMap { $0.origin == origin ? $0 : nil }
    }

    private static func idToken(_ session: Session) -> SubjectToken {
        SubjectToken(token: session.idToken, type: .idToken, expiry: session.idTokenExpiry)
    }

    private static func refreshToken(_ session: Session) -> SubjectToken? {
        session.refreshToken.map { SubjectToken(token: $0, type: .refreshToken, expiry: nil) }
    }

    private func renew(_ session: Session, by refreshToken: SubjectToken) async throws {
        let issuer = session.identity.user.issuer
        guard let client = clients.client(ofIssuer: issuer), let origin = Self.refreshToken(session)?.digest else {
            throw Self.notRenewable
        }
        let response = try await send(refreshToken, to: issuer, as: client, for: session.identity.user)
        var idToken: SubjectToken?
        if let token = response.idToken { idToken = try await check(token, of: session, for: client) }
        let next = response.refreshToken.map { SubjectToken(token: $0, type: .refreshToken, expiry: nil) }
        let known = Renewed(
            idToken: idToken ?? self.known(session)?.idToken,
            refreshToken: next ?? refreshToken,
            origin: origin,
            idTokenOrigin: Self.idToken(session).digest
        )
        renewed.withLockedValue { _ = $0.set(known, for: session.identity) }
    }

    private func send(
        _ refreshToken: SubjectToken,
        to issuer: String,
        as client: ClientCredential,
        for user: UserIdentity
    ) async throws -> TokenResponse {
        let url: String
        do {
            guard let own = try await directory.metadata(of: issuer).tokenEndpoint else { throw Self.misconfigured }
            url = own
        } catch let error as DirectoryError {
            throw Self.unavailable(error.retryAfter, cause: "discovery")
        }
        do {
            return try await environment.send(
                .refreshToken(refreshToken.token),
                to: url,
                as: client,
                for: user,
                isConfigured: true
            )
        } catch let error as TokenEndpointError { throw Self.told(error) } catch let error as FlightError {
            throw Self.unavailable(nil, cause: error.rawValue)
        }
    }

    /// A renewed ID token must be of the same user
    /// ([OpenID Connect Core §12.2](https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse)).
    private func check(
        _ token: Redacted<String>,
        of session: Session,
        for client: ClientCredential
    ) async throws -> SubjectToken {
        let fresh: Session
        do {
            fresh = try await authenticator.verify(token, audiences: [client.clientID])
        } catch let error as AuthenticationError {
            if error.code == .providerUnavailable {
                throw Self.unavailable(error.retryAfter, cause: error.code.rawValue)
            }
            throw Self.notRenewable
        }
        guard fresh.identity.user == session.identity.user else { throw Self.notRenewable }
        return SubjectToken(token: token, type: .idToken, expiry: fresh.idTokenExpiry)
    }

    private static func told(_ error: TokenEndpointError) -> BrokerError {
        let cause = error.oauthError?.rawValue ?? error.code.rawValue
        switch error.remedy(for: .tokenExchange) {
        case .waitAndRetry(let wait): return unavailable(wait, cause: cause)
        case .stepUp(let maximumAge, let contexts):
            return BrokerError(
                .stepUpRequired,
                "Could not renew the session: the identity provider wants a newer or stronger sign-in. Sign in again.",
                maximumAge: maximumAge,
                authenticationContexts: contexts,
                cause: cause
            )
        case .misconfigured, .replaceCredential: return misconfigured
        case .renewSubjectToken, .obtainNewAssertion, .denied: return notRenewable
        }
    }

    private static let notRenewable = BrokerError(
        .reauthenticationRequired,
        "Could not renew the user's token: the session has ended at the identity provider, or has nothing to renew it "
            + "with. Sign in again.",
        cause: "not_renewable"
    )

    private static let misconfigured = BrokerError(
        .serverMisconfigured,
        "Could not renew the user's token: the identity provider does not accept this gateway. Ask its administrator.",
        cause: "renewal_refused"
    )

    private static func unavailable(_ wait: Duration?, cause: String) -> BrokerError {
        BrokerError(
            .exchangeUnavailable,
            "Could not renew the user's token: the identity provider is out of reach. Try again later.",
            retryAfter: wait,
            cause: cause
        )
    }
}
