// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import Logging
import Timing

/// Keeps an issuer's keys.
///
/// ``run()`` alone asks for them, so there is never more than one request, and a caller who gives up ends nothing for the
/// others. Keys are refreshed in the background; a key ID that is not known brings the next refresh forward, at most once
/// in a while; keys serve on while the issuer does not answer.
package actor JWKSCache<C: Clock> where C.Duration == Duration {
    private let reader: JWKSReader
    private let clock: C
    private let start: C.Instant
    private let policy: JWKSCachePolicy
    private let logger: Logger
    private var state: JWKSCacheState
    private var waiterCount = 0
    /// Grows when somebody needs keys that are not there.
    private let demands = Generation()
    /// Grows when a fetch has ended.
    private let fetches = Generation()

    /// - Parameters:
    ///   - documents: Obeys the rules for the URL of the keys.
    ///   - location: The URL of the keys, asked for before each fetch, as metadata may change it.
    ///   - clock: Measures refreshes and outages.
    ///   - policy: How long and how often.
    ///   - logger: Names the issuer in its metadata.
    package init(
        documents: DocumentClient,
        location: @escaping @Sendable () async throws -> String,
        clock: C,
        policy: JWKSCachePolicy = JWKSCachePolicy(),
        logger: Logger
    ) {
        reader = JWKSReader(documents: documents, location: location)
        self.clock = clock
        start = clock.now
        self.policy = policy
        self.logger = logger
        state = JWKSCacheState(policy: policy)
    }

    private var now: Duration { start.duration(to: clock.now) }

    /// The issuer's keys, for a token that names one of them or none.
    ///
    /// The key need not be among them: whether to believe the token is for its verification to say.
    ///
    /// - Throws: ``JWKSError`` when there are no keys, or `CancellationError`.
    package func keys(forKeyID keyID: String?) async throws -> JWKSet {
        switch state.verdict(keyID: keyID, at: now) {
        case .use(let keys): return keys
        case .fail(let error): throw error
        case .wait(let startsFetch):
            guard waiterCount < policy.waiterLimit else { throw JWKSError("too many wait for them already") }
            waiterCount += 1
            defer { waiterCount -= 1 }
            let generation = fetches.current
            if startsFetch { demands.advance() }
            await wait(for: fetches, beyond: generation, atMost: policy.longestWait)
            try Task.checkCancellation()
            return try state.outcome(at: now)
        }
    }

    /// Fetches the keys and keeps them fresh until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    package func run() async throws {
        while true {
            try Task.checkCancellation()
            let seen = demands.current
            let pause = state.pause(at: now)
            if pause > .zero {
                await wait(for: demands, beyond: seen, atMost: pause)
                continue
            }
            state.start()
            let result: Result<JWKSet, JWKSError>
            do {
                result = try await fetch()
            } catch {
                state.finish(.failure(JWKSError("the request was cancelled")), at: now)
                fetches.advance()
                throw error
            }
            state.finish(result, at: now)
            fetches.advance()
        }
    }

    private func wait(for generation: Generation, beyond number: Int, atMost limit: Duration) async {
        let clock = clock
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await generation.wait(beyond: number) }
            group.addTask {
                // A cancelled sleep ends early, which the caller sees by itself.
                do { try await clock.sleep(until: clock.now.advanced(by: limit), tolerance: nil) } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func fetch() async throws -> Result<JWKSet, JWKSError> {
        let result = try await reader.read()
        switch result {
        case .success(let keys):
            logger.debug(
                "Keys were read",
                metadata: ["jwks.keys": "\(keys.keys.count)", "jwks.skipped": "\(keys.skipped.count)"]
            )
        case .failure(let error): logger.warning("Keys are unavailable", metadata: ["error": "\(error)"])
        }
        return result
    }
}
