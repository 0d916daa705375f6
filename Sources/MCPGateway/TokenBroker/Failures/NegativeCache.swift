// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OpenSSL
import RouteTable

/// Remembers failures for a while.
///
/// | what failed | for how long | for whom |
/// |---|---|---|
/// | the policy said no | 10 s | a user at a server |
/// | leg 1 refused the subject token | until there is another one | a user at a server |
/// | a client's credential was refused | 30 s, or until there is another one | all who use the credential there |
/// | anything else | 1 s, doubling to 30 s | a user at a server, with that token and that version of the route |
///
/// An endpoint that is overloaded or out of reach is ``CircuitBreaker``'s.
///
/// Doubling starts over after a success, and a minute after the last failure has passed. It is bounded, and the time is a
/// parameter.
struct NegativeCache: Sendable {
    /// How long each kind is remembered.
    struct Pace: Hashable, Sendable {
        var denial = Duration.seconds(10)
        var credential = Duration.seconds(30)
        var firstPause = Duration.seconds(1)
        var longestPause = Duration.seconds(30)
        /// A bound on what ends by itself with the subject token.
        var subject = Duration.seconds(86_400)
        /// How long after a pause the next failure still counts as one in a row.
        var memory = Duration.seconds(60)
    }

    /// What a request for a token depends on.
    struct Circumstances: Hashable, Sendable {
        var caller: Caller
        var subjectDigest: SHA256.Digest
        var version: String
        /// Those of leg 1 and leg 2, as far as there are any.
        var peers: [Peer]
    }

    /// A token endpoint, and what this gateway proves itself with there.
    struct Peer: Hashable, Sendable {
        var endpoint: String
        var credential: CredentialID
    }

    private enum Key: Hashable, Sendable {
        case denial(Caller)
        case subject(Caller, SHA256.Digest)
        case credential(CredentialID, endpoint: String)
        case attempt(Caller, SHA256.Digest, String)

        var caller: Caller? {
            switch self {
            case .denial(let caller), .subject(let caller, _), .attempt(let caller, _, _): caller
            case .credential: nil
            }
        }
    }

    private struct Entry: Sendable {
        var error: BrokerError
        var until: Duration
        var failures: Int
    }

    private let pace: Pace
    private var entries: BoundedTable<Key, Entry>

    init(limit: Int = 10_000, pace: Pace = Pace()) {
        self.pace = pace
        entries = BoundedTable(limit: limit)
    }

    var count: Int { entries.count }

    /// The failure that a request would run into again, with the time that is left of it.
    mutating func refusal(for circumstances: Circumstances, at now: Duration) -> BrokerError? {
        for key in Self.keys(circumstances) {
            guard let entry = entries[key] else { continue }
            if now < entry.until {
                let mayRetry = entry.error.reason != .reauthenticationRequired
                return mayRetry ? entry.error.retrying(after: entry.until - now) : entry.error
            }
            if now >= entry.until + pace.memory { entries.remove(key) }
        }
        return nil
    }

    /// Remembers a failure.
    ///
    /// - Parameters:
    ///   - error: What callers get meanwhile.
    ///   - memory: How it is remembered.
    ///   - caller: Whom it happened to.
    ///   - now: The time.
    ///   - jitter: From 0 to 1: how much of a quarter a doubling pause is shortened by, so that replicas spread.
    /// - Returns: For how long; `nil` if not at all.
    @discardableResult
    mutating func record(
        _ error: BrokerError,
        as memory: FailureMemory,
        for caller: Caller,
        at now: Duration,
        jitter: Double
    ) -> Duration? {
        let key: Key
        var wait: Duration?
        switch memory {
        case .nothing, .endpoint: return nil
        case .denial: (key, wait) = (.denial(caller), pace.denial)
        case .subject(let digest): (key, wait) = (.subject(caller, digest), pace.subject)
        case .credential(let id, let endpoint):
            (key, wait) = (.credential(id, endpoint: endpoint), pace.credential)
        case .attempt(let digest, let version): key = .attempt(caller, digest, version)
        }
        var failures = 1
        if let earlier = entries[key], now < earlier.until + pace.memory { failures = min(earlier.failures + 1, 32) }
        let length = wait ?? pause(failures) * (1 - min(max(jitter, 0), 1) / 4)
        entries.set(Entry(error: error, until: now + length, failures: failures), for: key)
        return length
    }

    /// Starts over, once something worked.
    mutating func succeeded(_ circumstances: Circumstances) {
        for key in Self.keys(circumstances) { entries.remove(key) }
    }

    /// Forgets what happened to a user at a server; what happened to everybody stays.
    mutating func forget(_ caller: Caller) { entries.removeAll { key, _ in key.caller == caller } }

    /// Forgets what happened to users at a server that is gone.
    mutating func forget(_ server: RouteKey) { entries.removeAll { key, _ in key.caller?.server == server } }

    /// Forgets what happened to a user.
    mutating func forget(_ user: UserIdentity) { entries.removeAll { key, _ in key.caller?.user == user } }

    private func pause(_ failures: Int) -> Duration {
        var pause = pace.firstPause
        for _ in 1..<max(failures, 1) where pause < pace.longestPause { pause = pause * 2 }
        return min(pause, pace.longestPause)
    }

    private static func keys(_ circumstances: Circumstances) -> [Key] {
        let caller = circumstances.caller
        return [
            .denial(caller), .subject(caller, circumstances.subjectDigest),
            .attempt(caller, circumstances.subjectDigest, circumstances.version),
        ] + circumstances.peers.map { .credential($0.credential, endpoint: $0.endpoint) }
    }
}
