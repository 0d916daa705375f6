// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerOperator
import RouteService

/// Lets in whom the API server vouches for.
struct ReviewingAuthenticator: ReaderAuthenticator {
    let reviewer: TokenReviewer

    func authenticate(_ token: Redacted<String>) async throws -> ReaderIdentity {
        do throws(TokenReviewError) {
            let reader = try await reviewer.reader(presenting: token)
            return ReaderIdentity(name: "\(reader.serviceAccount)", pod: reader.pod, lifetime: reader.lifetime)
        } catch {
            throw ReaderRefusal(error.code.refusal, error.message)
        }
    }
}

extension TokenReviewError.Code {
    fileprivate var refusal: ReaderRefusal.Code {
        switch self {
        case .invalid: .invalidToken
        case .notAllowed: .notAllowed
        case .unavailable: .unavailable
        }
    }
}
