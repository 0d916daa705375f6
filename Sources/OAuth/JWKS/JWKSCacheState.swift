// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE

/// Decides whether keys serve, and when to ask for them; the time is that since the cache was made.
package struct JWKSCacheState: Sendable {
    /// What becomes of somebody who needs keys.
    package enum Verdict: Sendable {
        case use(JWKSet)
        /// Keys are being fetched, or have to be: ask again afterwards.
        case wait(startsFetch: Bool)
        case fail(JWKSError)
    }

    private let policy: JWKSCachePolicy
    private var keys: JWKSet?
    private var fetchedAt = Duration.zero
    /// When the last fetch ended, whether it brought keys or not.
    private var askedAt: Duration?
    /// When a key ID that is not known last brought a fetch forward.
    private var hurriedAt: Duration?
    private var failures = 0
    private var lastError = JWKSError("they were not asked for yet")
    private var isFetching = false
    private var isWanted = false

    package init(policy: JWKSCachePolicy) { self.policy = policy }

    /// Whether the keys, if there are any, are recent enough to be trusted.
    func usableKeys(at now: Duration) -> JWKSet? { now - fetchedAt < policy.longestOutage ? keys : nil }

    /// What somebody gets who needs the key with that ID, or any if the token names none.
    package mutating func verdict(keyID: String?, at now: Duration) -> Verdict {
        guard let keys = usableKeys(at: now) else {
            if isFetching { return .wait(startsFetch: false) }
            // The next attempt comes by itself, and strangers do not bring it forward.
            if failures > 0 { return .fail(lastError) }
            return want()
        }
        if !keys.keys(withID: keyID).isEmpty { return .use(keys) }
        if isFetching { return .wait(startsFetch: false) }
        // A fetch of its own accord is no reason to keep those out whose keys are newer than it.
        if let hurriedAt, now - hurriedAt < policy.unknownKeyPause { return .use(keys) }
        hurriedAt = now
        return want()
    }

    /// What there is after waiting.
    package func outcome(at now: Duration) throws(JWKSError) -> JWKSet {
        guard let keys = usableKeys(at: now) else { throw lastError }
        return keys
    }

    private mutating func want() -> Verdict {
        isWanted = true
        return .wait(startsFetch: true)
    }

    /// How long to wait before the next fetch; zero for none.
    package func pause(at now: Duration) -> Duration {
        guard let askedAt, !isWanted else { return .zero }
        return max(askedAt + (failures > 0 ? policy.retry(failures) : policy.refresh) - now, .zero)
    }

    /// Keys are being fetched from now on.
    package mutating func start() {
        isFetching = true
        isWanted = false
    }

    /// Takes the result of a fetch.
    ///
    /// A failure takes nothing away: the last good keys go on serving.
    package mutating func finish(_ result: Result<JWKSet, JWKSError>, at now: Duration) {
        isFetching = false
        askedAt = now
        switch result {
        case .success(let fresh):
            keys = fresh
            fetchedAt = now
            failures = 0
        case .failure(let error):
            failures = min(failures + 1, 32)
            lastError = error
        }
    }
}
