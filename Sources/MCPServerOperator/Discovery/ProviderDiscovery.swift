// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
import NIOConcurrencyHelpers
import OAuth
import Timing

/// Keeps the metadata of the configured issuers, and of those that resources name, fetched once and cached.
///
/// Configured issuers are asked at the start and refreshed every hour; a failure is retried with backoff and never
/// takes away what was known before. Issuers from resources are asked only when a rule needs them, through a client
/// that obeys the egress policy.
package actor ProviderDiscovery<C: Clock>: MetadataSource where C.Duration == Duration {
    /// How often to ask.
    package struct Pace: Hashable, Sendable {
        /// How long metadata that was read is good for.
        package var refresh: Duration
        /// The pause after a first failure; it doubles.
        package var firstRetry: Duration
        /// Where the doubling ends.
        package var longestRetry: Duration
        /// Issuers from resources that are remembered at once.
        package var resourceIssuerLimit: Int

        package init(
            refresh: Duration = .seconds(3600),
            firstRetry: Duration = .seconds(1),
            longestRetry: Duration = .seconds(30),
            resourceIssuerLimit: Int = 1_000
        ) {
            self.refresh = refresh
            self.firstRetry = firstRetry
            self.longestRetry = longestRetry
            self.resourceIssuerLimit = resourceIssuerLimit
        }

        /// The wait after `failures` failures in a row.
        func retry(_ failures: Int) -> Duration {
            DoublingDelay.after(failures, first: firstRetry, longest: longestRetry)
        }
    }

    private struct Remembered {
        var state: ProviderMetadataState
        var expiry: C.Instant
        var failures: Int
    }

    private nonisolated let issuers: [String]
    private let configured: MetadataClient
    private let restricted: MetadataClient
    private let clock: C
    private let pace: Pace
    private let logger: Logger
    private nonisolated let known = NIOLockedValueBox<MetadataSnapshot>([:])
    private nonisolated let listener = NIOLockedValueBox<(@Sendable (_ issuer: String) -> Void)?>(nil)
    private var remembered: [String: Remembered] = [:]

    /// `client` is for URLs from configuration; `restrictedClient` is for those from resources, and must obey the egress
    /// policy.
    package init(
        trust: TrustConfiguration,
        client: any HTTPClient,
        restrictedClient: any HTTPClient,
        clock: C,
        pace: Pace = Pace(),
        logger: Logger
    ) {
        issuers = Array(Set(trust.identityProviders.map(\.issuer))).sorted()
        let allowsLoopbackHTTP = trust.egress.allowLoopbackHTTP
        func metadataClient(_ client: any HTTPClient) -> MetadataClient {
            MetadataClient(documents: DocumentClient(client: client, allowsLoopbackHTTP: allowsLoopbackHTTP))
        }
        configured = metadataClient(client)
        restricted = metadataClient(restrictedClient)
        self.clock = clock
        self.pace = pace
        self.logger = logger
    }

    package nonisolated var configuredIssuers: MetadataSnapshot { known.withLockedValue { $0 } }

    /// Calls `listener`, which must only enqueue, with each configured issuer about which something new is known.
    package nonisolated func onChange(_ listener: @escaping @Sendable (_ issuer: String) -> Void) {
        self.listener.withLockedValue { $0 = listener }
    }

    /// Asks every configured issuer once, all at the same time.
    ///
    /// - Throws: `CancellationError` only.
    package func prime() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for issuer in issuers { group.addTask { _ = try await self.ask(issuer) } }
            try await group.waitForAll()
        }
    }

    /// Whether every configured issuer has been asked at least once.
    nonisolated var isPrimed: Bool { issuers.allSatisfy { configuredIssuers[$0] != nil } }

    /// Asks the configured issuers, and keeps their metadata fresh until the task is cancelled.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for issuer in issuers { group.addTask { try await self.keepFresh(issuer) } }
            try await group.waitForAll()
        }
    }

    private func keepFresh(_ issuer: String) async throws {
        var failures = 0
        while true {
            failures = try await ask(issuer) ? 0 : failures + 1
            let wait = failures == 0 ? pace.refresh : pace.retry(failures)
            try await clock.sleep(until: clock.now.advanced(by: wait), tolerance: nil)
        }
    }

    /// - Returns: Whether the issuer answered.
    private func ask(_ issuer: String) async throws -> Bool {
        let answer = try await Self.state { try await configured.openIDProvider(issuer) }
        let (answered, hasChanged) = known.withLockedValue { known in
            let before = known[issuer]
            if case .unavailable = answer, case .known = before { return (false, false) }
            known[issuer] = answer
            if case .known = answer { return (true, before != answer) }
            return (false, before != answer)
        }
        if case .unavailable(let problem) = answer {
            logger.warning(
                "Identity provider's metadata is unavailable",
                metadata: ["oauth.issuer": "\(issuer)", "error": "\(problem)"]
            )
        }
        if hasChanged, let listener = listener.withLockedValue({ $0 }) { listener(issuer) }
        return answered
    }

    package func metadata(ofResourceIssuer issuer: String) async throws -> ResourceIssuerMetadata {
        if let entry = remembered[issuer], clock.now < entry.expiry { return answer(entry) }
        let state = try await Self.state { try await restricted.authorizationServer(issuer) }
        let earlier = remembered[issuer]
        let entry: Remembered
        switch (state, earlier?.state) {
        case (.known, _):
            entry = Remembered(state: state, expiry: clock.now.advanced(by: pace.refresh), failures: 0)
        case (.unavailable, .known(let metadata)):
            // Refreshing failed: what was known still holds, and is asked for again soon.
            let failures = (earlier?.failures ?? 0) + 1
            let expiry = clock.now.advanced(by: pace.retry(failures))
            entry = Remembered(state: .known(metadata), expiry: expiry, failures: failures)
        case (.unavailable, _):
            let failures = (earlier?.failures ?? 0) + 1
            entry = Remembered(state: state, expiry: clock.now.advanced(by: pace.retry(failures)), failures: failures)
        }
        makeRoom()
        remembered[issuer] = entry
        return answer(entry)
    }

    /// What a question brought.
    ///
    /// - Throws: `CancellationError` only.
    private static func state(
        _ ask: () async throws -> AuthorizationServerMetadata
    ) async throws -> ProviderMetadataState {
        do {
            let metadata = try await ask()
            return .known(
                ProviderMetadata(
                    issuer: metadata.issuer,
                    tokenEndpoint: metadata.tokenEndpoint,
                    authorizationEndpoint: metadata.authorizationEndpoint
                )
            )
        } catch let error as MetadataError {
            return .unavailable(error.message)
        }
    }

    private func answer(_ entry: Remembered) -> ResourceIssuerMetadata {
        guard case .unavailable = entry.state else { return ResourceIssuerMetadata(state: entry.state) }
        return ResourceIssuerMetadata(state: entry.state, retryAfter: clock.now.duration(to: entry.expiry))
    }

    private func makeRoom() {
        guard remembered.count >= pace.resourceIssuerLimit else { return }
        guard let oldest = remembered.min(by: { $0.value.expiry < $1.value.expiry }) else { return }
        remembered[oldest.key] = nil
    }
}
