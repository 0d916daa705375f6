// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
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

    /// Hosts that get a label of their own; tenants choose them, so their number is bounded.
    static let hostLimit = 200

    private let factory: any MetricsFactory
    private let results: [CacheResult: Counter]
    private let cached: Gauge
    private let hosts = NIOLockedValueBox<Set<String>>([])

    init(factory: any MetricsFactory) {
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
        let dimensions = [("leg", leg.name), ("endpoint", label(endpoint)), ("outcome", outcome)]
        Counter(label: "token_exchange_requests_total", dimensions: dimensions, factory: factory).increment()
        let timer = Timer(
            label: "token_exchange_duration_seconds",
            dimensions: Array(dimensions.prefix(2)),
            preferredDisplayUnit: .seconds,
            factory: factory
        )
        let (seconds, attoseconds) = duration.components
        let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        timer.recordNanoseconds(
            overflows ? .max : nanoseconds.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
        )
    }

    private func label(_ endpoint: String) -> String {
        let host: String
        do { host = try HTTPURL(endpoint).host } catch {
            // Nothing was sent to what is no URL.
            return "other"
        }
        return hosts.withLockedValue { hosts in
            if hosts.contains(host) { return host }
            guard hosts.count < Self.hostLimit else { return "other" }
            hosts.insert(host)
            return host
        }
    }
}
