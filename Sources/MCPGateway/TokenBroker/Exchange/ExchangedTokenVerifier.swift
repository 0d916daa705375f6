// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth

/// Checks a token that was exchanged as its server will: signature, issuer, times, and each audience.
struct ExchangedTokenVerifier: Sendable {
    let keys: ExchangeKeys
    let wallClock: @Sendable () -> NumericDate

    /// Why a token is not taken.
    enum Problem: Error, Hashable, Sendable {
        /// It is not what was asked for.
        case unacceptable(TokenError)
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
}
