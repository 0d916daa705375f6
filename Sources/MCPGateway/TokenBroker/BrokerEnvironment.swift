// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JOSE
package import Metrics
import OAuth
import OpenSSL
import Timing

/// What requests to authorization servers are sent with, by whoever sends them: so an endpoint has one queue.
package struct BrokerEnvironment: Sendable {
    /// For URLs from configuration and from configured issuers.
    let client: any HTTPClient
    /// For URLs from routes and from what servers say; obeys the egress policy.
    let restrictedClient: any HTTPClient
    let allowsLoopbackHTTP: Bool
    let time: ElapsedTime
    let wallClock: @Sendable () -> NumericDate
    let random: @Sendable (_ count: Int) throws -> [UInt8]
    let settings: BrokerSettings
    let limit: ConcurrencyLimit<String, UserIdentity>
    let metrics: BrokerMetrics
    /// Makes the metrics of others.
    let metricsFactory: any MetricsFactory
    let hosts: HostLabels

    /// - Parameters:
    ///   - client: For URLs from configuration and from configured issuers.
    ///   - restrictedClient: For URLs from routes and from what servers say; obeys the egress policy.
    ///   - allowsLoopbackHTTP: Whether secrets may go over plain HTTP within the machine.
    ///   - clock: Measures waits and lifetimes.
    ///   - wallClock: What tokens' times are compared with.
    ///   - random: Makes bytes that nobody can foretell.
    ///   - settings: How much is done at once and kept.
    ///   - metrics: Makes the metrics.
    ///   - hosts: Names hosts in them.
    package init(
        client: any HTTPClient,
        restrictedClient: any HTTPClient,
        allowsLoopbackHTTP: Bool,
        clock: any Clock<Duration>,
        wallClock: @escaping @Sendable () -> NumericDate,
        random: @escaping @Sendable (_ count: Int) throws -> [UInt8],
        settings: BrokerSettings = BrokerSettings(),
        metrics: any MetricsFactory,
        hosts: HostLabels = HostLabels()
    ) {
        self.client = client
        self.restrictedClient = restrictedClient
        self.allowsLoopbackHTTP = allowsLoopbackHTTP
        self.wallClock = wallClock
        self.random = random
        self.settings = settings
        self.hosts = hosts
        metricsFactory = metrics
        time = ElapsedTime(clock)
        let brokerMetrics = BrokerMetrics(factory: metrics, hosts: hosts)
        self.metrics = brokerMetrics
        limit = ConcurrencyLimit(
            limit: settings.perProviderConcurrency,
            queueLimit: settings.providerQueue,
            time: time
        ) { endpoint, count in brokerMetrics.waiting(for: endpoint, count) }
    }

    /// As many places as a token endpoint has, for another kind of request.
    func anotherLimit() -> ConcurrencyLimit<String, UserIdentity> {
        ConcurrencyLimit(limit: settings.perProviderConcurrency, queueLimit: settings.providerQueue, time: time)
    }

    /// Sends a token request when its endpoint's turn comes.
    ///
    /// - Parameters:
    ///   - form: The grant.
    ///   - url: The token endpoint.
    ///   - credential: Who sends it.
    ///   - user: For whom; users take turns.
    ///   - isConfigured: Whether the URL is from configuration or a configured issuer's own metadata; otherwise the
    ///     egress policy applies.
    /// - Returns: The answer, whose token is still to be checked.
    /// - Throws: `TokenEndpointError`, ``FlightError``, or `CancellationError`.
    func send(
        _ form: TokenForm,
        to url: String,
        as credential: ClientCredential,
        for user: UserIdentity,
        isConfigured: Bool
    ) async throws -> TokenResponse {
        let endpoint = TokenEndpoint(
            url: url,
            credential: credential,
            client: isConfigured ? client : restrictedClient,
            allowsLoopbackHTTP: allowsLoopbackHTTP
        )
        let identifier = Hexadecimal.text(try random(16))
        let start = time.now
        return try await limit.withRoom(url, for: user, waitingAtMost: settings.queueDeadline) {
            metrics.waited(for: url, time.now - start)
            return try await endpoint.send(form, at: wallClock(), identifier: identifier)
        }
    }

    /// Sends a token request to a peer of a plan.
    ///
    /// - Throws: As the other one does.
    func send(_ form: TokenForm, to peer: TokenPeer, for user: UserIdentity) async throws -> TokenResponse {
        try await send(form, to: peer.endpoint, as: peer.client, for: user, isConfigured: peer.isConfigured)
    }

    /// From 0 to 1.
    func jitter() -> Double {
        do { return Double(try random(1).first ?? 0) / 255 } catch {
            // Without randomness pauses are only less spread.
            return 0
        }
    }
}
