// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import JSON
package import Logging
import NIOConcurrencyHelpers
import OAuth

/// Lets callers in who bring an ID token of a configured provider.
///
/// A token's signature is checked when it is first seen, and not again until it ends.
package final class BearerAuthenticator: Sendable {
    /// How much is remembered, and what is tolerated.
    package struct Limits: Hashable, Sendable {
        /// How far a provider's clock may be off.
        package var leeway: Duration
        /// Tokens that are remembered as good.
        package var tokens: Int
        /// When to come again while a provider's keys are out of reach.
        package var retryAfter: Duration

        package init(leeway: Duration = .seconds(30), tokens: Int = 10_000, retryAfter: Duration = .seconds(5)) {
            self.leeway = leeway
            self.tokens = tokens
            self.retryAfter = retryAfter
        }
    }

    private let providers: [GatewayTrust.IdentityProvider]
    private let keys: @Sendable (_ issuer: String) -> (any IssuerKeys)?
    private let wallClock: @Sendable () -> NumericDate
    private let limits: Limits
    private let logger: Logger
    private let verified: NIOLockedValueBox<VerifiedTokens>

    /// - Parameters:
    ///   - trust: Its providers are those who may sign users in.
    ///   - keys: The keys of each of them.
    ///   - wallClock: What tokens' times are compared with.
    ///   - limits: How much is remembered, and what is tolerated.
    ///   - logger: Told at debug level why a token was refused.
    package init(
        trust: GatewayTrust,
        keys: @escaping @Sendable (_ issuer: String) -> (any IssuerKeys)?,
        wallClock: @escaping @Sendable () -> NumericDate,
        limits: Limits = Limits(),
        logger: Logger
    ) {
        providers = trust.identityProviders
        self.keys = keys
        self.wallClock = wallClock
        self.limits = limits
        self.logger = logger
        verified = NIOLockedValueBox(VerifiedTokens(limit: limits.tokens))
    }

    /// For how long after its end a token is still taken, as clocks differ.
    package var leeway: Duration { limits.leeway }

    /// The session of whoever sends that token.
    ///
    /// - Parameters:
    ///   - token: From the `Authorization` header; `nil` or empty if there is none.
    ///   - onNew: Called with a session whose token was not known, and is good.
    /// - Returns: Who it is; the token is the session's ID token.
    /// - Throws: ``AuthenticationError``, or `CancellationError`.
    package func authenticate(
        _ token: Redacted<String>?,
        onNew: (Session) -> Void = { _ in }
    ) async throws -> Session {
        guard let token, !token.exposed.isEmpty else { throw AuthenticationError.missing }
        let digest = VerifiedTokens.digest(token.exposed)
        let now = wallClock()
        if let session = verified.withLockedValue({ $0.session(digest, at: now) }) { return session }
        do {
            let session = try await verify(token)
            verified.withLockedValue { $0.remember(session, for: digest, at: wallClock()) }
            onNew(session)
            return session
        } catch let error as AuthenticationError {
            logger.debug("Refused a bearer token", metadata: ["error.type": "\(error.code.rawValue)"])
            throw error
        }
    }

    /// Drops what is remembered of a session, so that its tokens are checked anew.
    package func forget(_ session: SessionIdentity) {
        verified.withLockedValue { $0.forget(session) }
    }

    /// Checks a token whether it is remembered or not, as a renewed one has to be.
    ///
    /// - Parameters:
    ///   - token: An ID token.
    ///   - audiences: For whom it may be; `nil`: for those of bearer tokens.
    /// - Returns: Who it is.
    /// - Throws: ``AuthenticationError``, or `CancellationError`.
    func verify(_ token: Redacted<String>, audiences: [String]? = nil) async throws -> Session {
        let unverified: UnverifiedJWT
        do { unverified = try UnverifiedJWT(token) } catch { throw AuthenticationError(error) }
        // The token only says which keys to try; it is believed once one of them has signed it.
        guard let issuer = unverified.claims.issuer,
            let provider = providers.first(where: { $0.issuer.hasSameBytes(as: issuer) }),
            let issuerKeys = keys(provider.issuer)
        else { throw AuthenticationError.unknownIssuer }
        let policy = JWTPolicy(
            issuer: provider.issuer,
            audiences: audiences ?? provider.bearerAudiences,
            leeway: limits.leeway
        )
        do throws(TokenError) {
            // What needs no key is checked first: nobody makes us wait for keys with a token that is not for us.
            try policy.check(unverified.header)
            try policy.check(unverified.claims, at: wallClock())
        } catch { throw AuthenticationError(error) }
        let keySet: JWKSet
        do {
            keySet = try await issuerKeys.keys(forKeyID: unverified.header.keyID)
        } catch is JWKSError {
            throw AuthenticationError.providerUnavailable(provider.issuer, limits.retryAfter)
        }
        do throws(TokenError) {
            return try Session(token, verified: try unverified.verified(with: keySet, policy: policy, at: wallClock()))
        } catch { throw AuthenticationError(error) }
    }
}
