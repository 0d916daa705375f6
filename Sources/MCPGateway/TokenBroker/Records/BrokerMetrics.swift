// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics
import NIOConcurrencyHelpers
import OAuth

/// What a broker reports of itself.
final class BrokerMetrics: Sendable {
    /// Where a token came from, or did not.
    enum CacheResult: String, Hashable, Sendable, CaseIterable {
        case hit
        case miss
        /// A failure that was remembered.
        case negative
    }

    private let factory: any MetricsFactory
    private let results: CaseCounters<CacheResult>
    private let legs: EndpointRequests
    private let cached: Gauge
    private let renewals: CaseCounters<Renewal>
    private let hosts: HostLabels
    /// How many wait for each endpoint of each label.
    private let queues = NIOLockedValueBox<[String: [String: Int]]>([:])
    /// Which endpoints of each label requests are kept away from, and until when that counts.
    private let outages = NIOLockedValueBox<[String: [String: Duration]]>([:])

    init(factory: any MetricsFactory, hosts: HostLabels) {
        self.hosts = hosts
        self.factory = factory
        results = CaseCounters("token_broker_requests_total", dimension: "cache", factory: factory)
        renewals = CaseCounters("token_broker_renewals_total", dimension: "outcome", factory: factory)
        legs = EndpointRequests(
            counter: "token_exchange_requests_total",
            timer: "token_exchange_duration_seconds",
            kind: "leg",
            factory: factory,
            hosts: hosts
        )
        cached = Gauge(label: "token_broker_cached_tokens", dimensions: [], factory: factory)
        cached.record(0)
    }

    func request(_ result: CacheResult) { results.increment(result) }

    func cachedTokens(_ count: Int) { cached.record(count) }

    /// A request whose turn at an endpoint has come.
    func waited(for endpoint: String, _ duration: Duration) {
        let label = hosts.label(endpoint)
        queues.withLockedValue { queues in
            // A queue that never was is seen to be empty.
            if queues[label] == nil { queue(label, &queues, endpoint, 0) }
        }
        let timer = Timer(
            label: "token_broker_queue_duration_seconds",
            dimensions: [("endpoint", label)],
            preferredDisplayUnit: .seconds,
            factory: factory
        )
        timer.recordNanoseconds(duration.wholeNanoseconds)
    }

    /// How many wait for their turn at an endpoint, beside those of other ones that have the same label.
    func waiting(for endpoint: String, _ count: Int) {
        let label = hosts.label(endpoint)
        queues.withLockedValue { queue(label, &$0, endpoint, count) }
    }

    private func queue(_ label: String, _ queues: inout [String: [String: Int]], _ endpoint: String, _ count: Int) {
        var counts = queues[label] ?? [:]
        counts[endpoint] = count == 0 ? nil : count
        queues[label] = counts
        let dimensions = [("endpoint", label)]
        let gauge = Gauge(label: "token_broker_queue_length", dimensions: dimensions, factory: factory)
        gauge.record(counts.values.reduce(0, +))
    }

    /// Whether requests are kept away from an endpoint, or from another one that has the same label.
    ///
    /// - Parameters:
    ///   - endpoint: Its URL, of which the host becomes a label.
    ///   - end: Until when that counts if nothing more is said; `nil` if they are not.
    ///   - now: The time.
    func circuit(_ endpoint: String, openUntil end: Duration?, at now: Duration) {
        let label = hosts.label(endpoint)
        let gauge = Gauge(label: "token_broker_circuit_open", dimensions: [("endpoint", label)], factory: factory)
        outages.withLockedValue { outages in
            var ends = (outages[label] ?? [:]).filter { now < $0.value }
            ends[endpoint] = end
            outages[label] = ends.isEmpty ? nil : ends
            gauge.record(ends.isEmpty ? 0 : 1)
        }
    }

    /// What became of a token that was about to end.
    enum Renewal: String, Hashable, Sendable, CaseIterable {
        case renewed
        /// It was not used lately, or a new one would not last longer.
        case skipped
        case failed
    }

    func renewal(_ renewal: Renewal) { renewals.increment(renewal) }

    /// A leg that was granted only to the credential of before.
    func usedFallback(_ endpoint: String) {
        let dimensions = [("endpoint", hosts.label(endpoint))]
        Counter(label: "token_exchange_credential_fallbacks_total", dimensions: dimensions, factory: factory)
            .increment()
    }

    /// A leg that was sent.
    ///
    /// - Parameters:
    ///   - leg: Which.
    ///   - endpoint: Its URL, of which the host becomes a label.
    ///   - outcome: `granted`, or a code from a closed set.
    ///   - duration: From the request to the end of the answer.
    func sent(_ leg: ExchangeLeg, _ endpoint: String, outcome: String, _ duration: Duration) {
        legs.sent(leg.name, endpoint, outcome: outcome, duration)
    }
}
