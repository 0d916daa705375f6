// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
import NIOConcurrencyHelpers
package import OAuth
import Timing

/// What issuers say about themselves, read once and kept fresh.
///
/// Configured providers are asked at the start and every hour. Authorization servers that routes name are asked when they
/// are needed, through a client that obeys the egress policy. A failure takes nothing away that was known.
package final class IssuerDirectory: Sendable {
    /// How often to ask, and how much to remember.
    package struct Pace: Hashable, Sendable {
        /// How long metadata is good for.
        package var refresh: Duration
        /// The pause after a first failure; it doubles.
        package var firstRetry: Duration
        /// Where the doubling ends.
        package var longestRetry: Duration
        /// How long somebody waits for metadata that is being read.
        package var longestWait: Duration
        /// Issuers from routes that are remembered at once.
        package var issuerLimit: Int

        package init(
            refresh: Duration = .seconds(3_600),
            firstRetry: Duration = .seconds(1),
            longestRetry: Duration = .seconds(30),
            longestWait: Duration = .seconds(15),
            issuerLimit: Int = 1_000
        ) {
            self.refresh = refresh
            self.firstRetry = firstRetry
            self.longestRetry = longestRetry
            self.longestWait = longestWait
            self.issuerLimit = issuerLimit
        }

        /// The wait after `failures` failures in a row.
        func retry(_ failures: Int) -> Duration {
            DoublingDelay.after(failures, first: firstRetry, longest: longestRetry)
        }
    }

    private struct Entry: Sendable {
        var metadata: AuthorizationServerMetadata?
        var error: MetadataError?
        var failures = 0
        /// When to ask again.
        var expiry = Duration.zero
    }

    private struct State: Sendable {
        var configured: [String: Entry] = [:]
        var named: BoundedTable<String, Entry>
        var generation: UInt64 = 0
    }

    private let configuredIssuers: Set<String>
    private let providers: MetadataClient
    private let servers: MetadataClient
    private let time: ElapsedTime
    private let pace: Pace
    private let logger: Logger
    private let flights: SingleFlight<String, Void>
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - trust: Its providers are asked at the start.
    ///   - client: For URLs from configuration.
    ///   - restrictedClient: For URLs from routes; obeys the egress policy.
    ///   - clock: Measures how old metadata is.
    ///   - pace: How often to ask.
    ///   - logger: Told when a provider's metadata cannot be read.
    package init(
        trust: GatewayTrust,
        client: any HTTPClient,
        restrictedClient: any HTTPClient,
        clock: any Clock<Duration>,
        pace: Pace = Pace(),
        logger: Logger
    ) {
        configuredIssuers = Set(trust.identityProviders.map(\.issuer))
        let allowsLoopbackHTTP = trust.allowLoopbackHTTP
        func metadataClient(_ client: any HTTPClient) -> MetadataClient {
            MetadataClient(documents: DocumentClient(client: client, allowsLoopbackHTTP: allowsLoopbackHTTP))
        }
        providers = metadataClient(client)
        servers = metadataClient(restrictedClient)
        time = ElapsedTime(clock)
        self.pace = pace
        self.logger = logger
        flights = SingleFlight(time: time, flightLimit: pace.issuerLimit)
        state = NIOLockedValueBox(State(named: BoundedTable(limit: pace.issuerLimit)))
    }

    /// Reads metadata for all who ask, and keeps that of the configured providers fresh, until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.flights.run() }
            for issuer in configuredIssuers { group.addTask { await self.keepFresh(issuer) } }
            try await group.waitForAll()
        }
    }

    /// What an issuer says about itself, from memory if it is fresh.
    ///
    /// - Throws: ``DirectoryError``, or `CancellationError`.
    package func metadata(of issuer: String) async throws -> AuthorizationServerMetadata {
        if let answer = try remembered(issuer) { return answer }
        if let known = entry(issuer)?.metadata {
            // What was known serves on while it is read again.
            want(issuer)
            return known
        }
        do {
            try await flights.value(for: issuer, atMost: pace.longestWait) { await self.ask(issuer) }
        } catch let error as FlightError {
            throw DirectoryError(isTransient: true, message: Self.sentence(issuer, error), retryAfter: pace.firstRetry)
        }
        guard let answer = try remembered(issuer) ?? entry(issuer)?.metadata else {
            throw DirectoryError(isTransient: true, message: Self.sentence(issuer, .tookTooLong), retryAfter: nil)
        }
        return answer
    }

    /// Another number whenever something was learnt about an issuer.
    var generation: UInt64 { state.withLockedValue { $0.generation } }

    /// Reads an issuer's metadata in the background, unless what is known is fresh.
    private func want(_ issuer: String) {
        if let entry = entry(issuer), time.now < entry.expiry { return }
        flights.start(issuer) { await self.ask(issuer) }
    }

    /// What is known now, without waiting; what is missing or stale is read in the background.
    ///
    /// Metadata that could not be refreshed still counts.
    var knowledge: @Sendable (_ issuer: String) -> IssuerKnowledge { { self.document(of: $0).knowledge } }

    /// The same with all that the issuer says.
    func document(of issuer: String) -> IssuerDocument {
        // Before the question is put: its answer may come at once, and is for those who ask next.
        let entry = entry(issuer)
        want(issuer)
        guard let entry else { return .unasked }
        if let metadata = entry.metadata { return .read(metadata) }
        guard let error = entry.error else { return .unasked }
        return error.code == .notFound ? .absent(error.message) : .unavailable(error.message)
    }

    private func entry(_ issuer: String) -> Entry? {
        state.withLockedValue { state in
            configuredIssuers.contains(issuer) ? state.configured[issuer] : state.named.use(issuer)
        }
    }

    /// - Throws: The failure that is still fresh, ``DirectoryError``.
    private func remembered(_ issuer: String) throws(DirectoryError) -> AuthorizationServerMetadata? {
        guard let entry = entry(issuer), time.now < entry.expiry else { return nil }
        if let metadata = entry.metadata { return metadata }
        guard let error = entry.error else { return nil }
        throw DirectoryError(
            isTransient: error.code == .unavailable,
            message: error.message,
            retryAfter: entry.expiry - time.now,
            isAbsent: error.code == .notFound
        )
    }

    private func keepFresh(_ issuer: String) async {
        while !Task.isCancelled {
            flights.start(issuer) { await self.ask(issuer) }
            // The flight is short beside the pause; one that fails makes the next look come sooner.
            await time.pause(pauseUntilRefresh(issuer))
        }
    }

    private func pauseUntilRefresh(_ issuer: String) -> Duration {
        guard let entry = entry(issuer) else { return pace.firstRetry }
        return max(entry.expiry - time.now, pace.firstRetry)
    }

    private func ask(_ issuer: String) async {
        let isConfigured = configuredIssuers.contains(issuer)
        let before = entry(issuer)
        // Whoever looked before an answer came and asks after it needs no other one.
        if let before, time.now < before.expiry { return }
        var entry = before ?? Entry()
        do {
            entry.metadata =
                isConfigured
                ? try await providers.openIDProvider(issuer) : try await servers.authorizationServer(issuer)
            entry.error = nil
            entry.failures = 0
            entry.expiry = time.now + pace.refresh
        } catch let error as MetadataError {
            entry.error = error
            entry.failures = min(entry.failures + 1, 32)
            entry.expiry = time.now + pace.retry(entry.failures)
            logger.debug("Metadata is unavailable", metadata: ["oauth.issuer": "\(issuer)", "error": "\(error)"])
        } catch {
            // Cancelled: whoever asks next asks again.
            return
        }
        state.withLockedValue { state in
            if before?.metadata != entry.metadata || before?.error != entry.error { state.generation += 1 }
            if isConfigured { state.configured[issuer] = entry } else { state.named.set(entry, for: issuer) }
        }
    }

    private static func sentence(_ issuer: String, _ error: FlightError) -> String {
        "Could not read the metadata of '\(PeerText.quotable(issuer))' in time (\(error.rawValue)). Try again later."
    }
}

/// Metadata that is not to be had.
package struct DirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether it may pass by itself; otherwise somebody has to change something.
    package let isTransient: Bool
    /// What could not be done, why, and what to check.
    package let message: String
    /// When to come again, if that is known.
    package let retryAfter: Duration?
    /// Whether the issuer answers and publishes nothing.
    package var isAbsent = false

    package var description: String { message }
}
