// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
package import JSON
package import KubernetesAPI
package import KubernetesClient
package import Logging
import NIOConcurrencyHelpers
import Timing

/// Finds out whose token a reader of routes presents, by asking the API server.
///
/// An answer counts for a minute, so that a gateway that reconnects costs nothing, and so that the API server's absence is
/// noticed by new gateways only. Many that ask about one token at once share one review.
package final class TokenReviewer: Sendable {
    /// The most reviews at once, so that bad tokens cannot keep the API server busy through us.
    static let maximumReviews = 32
    /// How long one review may take, with all its attempts.
    static let deadline = Duration.seconds(10)
    /// The longest that one presentation of a token is worth, whatever its expiry.
    static let maximumLifetime = Duration.seconds(86_400)
    private static let podName = "authentication.kubernetes.io/pod-name"

    private struct State {
        var verdicts = TokenVerdicts()
        var reviews: [[UInt8]: Task<TokenVerdicts.Verdict, any Error>] = [:]
    }

    private let client: ResourceClient<TokenReview>
    private let audience: String
    private let allowed: Set<ObjectKey>
    private let cryptography: Cryptography
    private let time: OperatorTime
    private let elapsed: ElapsedTime
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - client: May create TokenReviews.
    ///   - audience: What a token must be meant for; a token for the API server itself is refused.
    ///   - serviceAccounts: Whose tokens are accepted.
    ///   - cryptography: For the digests that tokens are remembered by.
    ///   - time: Expiry is counted by the time of day, memory by the clock.
    ///   - logger: Gets refusals, without anything of a token.
    package init(
        client: ClusterClient,
        audience: String,
        serviceAccounts: [ObjectKey],
        cryptography: Cryptography,
        time: OperatorTime,
        logger: Logger
    ) {
        self.client = client.resources(in: .cluster)
        self.audience = audience
        allowed = Set(serviceAccounts)
        self.cryptography = cryptography
        self.time = time
        elapsed = ElapsedTime(time.clock)
        self.logger = logger
    }

    /// Says whose token this is.
    ///
    /// Waits for at most ten seconds.
    package func reader(presenting token: Redacted<String>) async throws(TokenReviewError) -> ReviewedReader {
        guard let claims = ServiceAccountToken(token.exposed), claims.audiences.contains(audience) else {
            throw .wrongToken(audience)
        }
        guard .seconds(claims.expiry) > time.sinceEpoch() else { throw .expired }
        let digest = cryptography.digest(Array(token.exposed.utf8))
        switch try await verdict(on: token, digest, claims) {
        case .refused(let error): throw error
        case .accepted(let serviceAccount, let pod, let expiry):
            // Again, because a review takes its time, and a verdict is kept for a while.
            let lifetime = .seconds(expiry) - time.sinceEpoch()
            guard lifetime > .zero else { throw .expired }
            return ReviewedReader(
                serviceAccount: serviceAccount,
                pod: pod,
                lifetime: min(lifetime, Self.maximumLifetime)
            )
        }
    }

    private func verdict(
        on token: Redacted<String>,
        _ digest: [UInt8],
        _ claims: ServiceAccountToken
    ) async throws(TokenReviewError) -> TokenVerdicts.Verdict {
        let now = elapsed.now
        let step = state.withLockedValue { state -> Step in
            if let verdict = state.verdicts.verdict(on: digest, at: now) { return .known(verdict) }
            if let review = state.reviews[digest] { return .review(review) }
            guard state.reviews.count < Self.maximumReviews else { return .busy }
            // Awaited by everybody who asks about this token, so that nobody's cancellation is another's failure; ends by
            // itself at its deadline.
            let review = Task { try await self.review(token, digest, claims) }
            state.reviews[digest] = review
            return .review(review)
        }
        switch step {
        case .known(let verdict): return verdict
        case .busy: throw .busy
        case .review(let review):
            do { return try await review.value } catch { throw .unavailable(error) }
        }
    }

    private enum Step {
        case known(TokenVerdicts.Verdict)
        case review(Task<TokenVerdicts.Verdict, any Error>)
        case busy
    }

    /// Asks the API server, and remembers what it said.
    private func review(
        _ token: Redacted<String>,
        _ digest: [UInt8],
        _ claims: ServiceAccountToken
    ) async throws -> TokenVerdicts.Verdict {
        let asked = elapsed.now
        do {
            let verdict = judge(try await ask(token), claims)
            state.withLockedValue { state in
                state.reviews[digest] = nil
                state.verdicts.keep(verdict, on: digest, asked: asked, now: elapsed.now)
            }
            if case .refused(let error) = verdict {
                logger.info(
                    "Refused a reader of routes",
                    metadata: ["error.type": "\(error.code.rawValue)", "error": "\(error.message)"]
                )
            }
            return verdict
        } catch {
            state.withLockedValue { $0.reviews[digest] = nil }
            logger.warning("Could not review a reader's token", metadata: ["error": "\(error)"])
            throw error
        }
    }

    private func ask(_ token: Redacted<String>) async throws -> TokenReview {
        try await withThrowingTaskGroup(of: TokenReview.self) { group in
            group.addTask { try await self.client.review(token, audience: self.audience) }
            group.addTask {
                try await self.time.clock.sleep(for: Self.deadline)
                throw TokenReviewError.silence
            }
            defer { group.cancelAll() }
            guard let review = try await group.next() else { throw TokenReviewError.silence }
            return review
        }
    }

    private func judge(_ review: TokenReview, _ claims: ServiceAccountToken) -> TokenVerdicts.Verdict {
        // A server that knows nothing of audiences returns none, and then its word is not about ours.
        guard review.isAuthenticated, review.audiences.contains(audience) else {
            return .refused(.wrongToken(audience))
        }
        guard let account = Self.serviceAccount(review.username), allowed.contains(account) else {
            return .refused(.notAllowed(review.username))
        }
        return .accepted(serviceAccount: account, pod: review.extra[Self.podName]?.first, expiry: claims.expiry)
    }

    /// The service account that a user name stands for.
    private static func serviceAccount(_ username: String) -> ObjectKey? {
        let parts = username.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount", !parts[2].isEmpty, !parts[3].isEmpty
        else { return nil }
        return ObjectKey(namespace: String(parts[2]), name: String(parts[3]))
    }
}

extension TokenReviewError {
    fileprivate static func unavailable(_ error: any Error) -> TokenReviewError {
        if let error = error as? TokenReviewError { return error }
        return TokenReviewError(
            .unavailable,
            """
            Could not ask the API server about the token: \(error) The operator needs the right to create tokenreviews.
            """
        )
    }

    fileprivate static func wrongToken(_ audience: String) -> TokenReviewError {
        TokenReviewError(
            .invalid,
            """
            The token is no valid service account token for the audience '\(audience)'. Mount a projected one with that \
            audience.
            """
        )
    }

    fileprivate static let expired = TokenReviewError(
        .invalid,
        "The token has expired. Read it from its file again; the kubelet renews it there."
    )

    fileprivate static func notAllowed(_ username: String) -> TokenReviewError {
        TokenReviewError(
            .notAllowed,
            "'\(username.prefix(253))' may not read routes. Name its service account in publication.serviceAccounts."
        )
    }

    fileprivate static let busy = TokenReviewError(
        .unavailable,
        "Too many tokens are being reviewed at once. Try again in a moment."
    )

    fileprivate static let silence = TokenReviewError(
        .unavailable,
        "The API server has not answered about the token within ten seconds. Try again."
    )
}
