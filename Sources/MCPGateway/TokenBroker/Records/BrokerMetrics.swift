// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics
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
    private let results: [CacheResult: Counter]
    private let cached: Gauge
    private let hosts: HostLabels

    init(factory: any MetricsFactory, hosts: HostLabels) {
        self.hosts = hosts
        self.factory = factory
        results = Dictionary(
            uniqueKeysWithValues: CacheResult.allCases.map { result in
                let counter = Counter(
                    label: "token_broker_requests_total",
                    dimensions: [("cache", result.rawValue)],
                    factory: factory
                )
                counter.increment(by: 0)
                return (result, counter)
            }
        )
        cached = Gauge(label: "token_broker_cached_tokens", dimensions: [], factory: factory)
        cached.record(0)
    }

    func request(_ result: CacheResult) { results[result]?.increment() }

    func cachedTokens(_ count: Int) { cached.record(count) }

    /// A leg that was sent.
    ///
    /// - Parameters:
    ///   - leg: Which.
    ///   - endpoint: Its URL, of which the host becomes a label.
    ///   - outcome: `granted`, or a code from a closed set.
    ///   - duration: From the request to the end of the answer.
    func sent(_ leg: ExchangeLeg, _ endpoint: String, outcome: String, _ duration: Duration) {
        let dimensions = [("leg", leg.name), ("endpoint", hosts.label(endpoint)), ("outcome", outcome)]
        Counter(label: "token_exchange_requests_total", dimensions: dimensions, factory: factory).increment()
        let timer = Timer(
            label: "token_exchange_duration_seconds",
            dimensions: Array(dimensions.prefix(2)),
            preferredDisplayUnit: .seconds,
            factory: factory
        )
        timer.recordNanoseconds(duration.wholeNanoseconds)
    }
}
