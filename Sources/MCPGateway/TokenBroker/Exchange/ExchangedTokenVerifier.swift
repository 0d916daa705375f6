// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth

/// Checks a token that was exchanged as its server will: signature, issuer, times, and each audience.
struct ExchangedTokenVerifier: Sendable {
    let keys: ExchangeKeys
    /// Says which tokens this gateway itself lets callers in with.
    let trust: GatewayTrust
    let wallClock: @Sendable () -> NumericDate

    /// Why a token is not taken.
    enum Problem: Error, Hashable, Sendable {
        /// It is not what was asked for.
        case unacceptable(TokenError)
        /// It would let whoever has it in here as the user.
        case opensGateway
        /// Whether it is cannot be found out now; a full sentence.
        case keysUnavailable(String)
    }

    /// Checks a token.
    ///
    /// - Throws: `CancellationError` only.
    func verify(
        _ token: Redacted<String>,
        _ expected: TokenSource.ExchangedToken
    ) async throws -> Result<Void, Problem> {
        do {
            let unverified = try UnverifiedJWT(token)
            let policies = expected.audiences.map { audience in
                JWTPolicy(issuer: expected.issuer, audiences: [audience], requiredClaims: [.subject])
            }
            guard !opensGateway(unverified.claims) else { return .failure(.opensGateway) }
            // What needs no key comes first.
            for policy in policies {
                try policy.check(unverified.header)
                try policy.check(unverified.claims, at: wallClock())
            }
            let keySet = try await keys.keys(of: expected.issuer, forKeyID: unverified.header.keyID)
            for policy in policies { _ = try unverified.verified(with: keySet, policy: policy, at: wallClock()) }
            return policies.isEmpty ? .failure(.unacceptable(TokenError(.wrongAudience, .audience))) : .success(())
        } catch let error as TokenError {
            return .failure(.unacceptable(error))
        } catch let error as JWKSError { return .failure(.keysUnavailable(error.message)) }
    }

    private func opensGateway(_ claims: Claims) -> Bool {
        trust.identityProviders.contains { provider in
            claims.issuer?.hasSameBytes(as: provider.issuer) ?? false
                && claims.audiences.contains { audience in
                    provider.bearerAudiences.contains { $0.hasSameBytes(as: audience) }
                }
        }
    }
}
