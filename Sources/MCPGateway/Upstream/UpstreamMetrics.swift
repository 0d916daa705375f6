// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Metrics
import NIOConcurrencyHelpers

/// What relaying reports of itself.
final class UpstreamMetrics: Sendable {
    /// What became of one request to an upstream.
    enum Outcome: Hashable, Sendable {
        case status(Int)
        case failed(HTTPTransportError.Code)

        /// A word from a closed set.
        var word: String {
            switch self {
            case .status(let status): "\(status / 100)xx"
            case .failed(let code): code.rawValue
            }
        }
    }

    private struct Series: Hashable {
        let host: String
        let outcome: String
    }
    private struct State {
        var counters: [Series: Counter] = [:]
        var timers: [String: Timer] = [:]
        var streams = 0
    }

    private let factory: any MetricsFactory
    private let hosts: HostLabels
    private let open: Gauge
    private let ends: CaseCounters<RelayedBody.End>
    private let state = NIOLockedValueBox(State())

    init(factory: any MetricsFactory, hosts: HostLabels) {
        self.factory = factory
        self.hosts = hosts
        open = Gauge(label: "gateway_streams", dimensions: [], factory: factory)
        open.record(0)
        ends = CaseCounters("gateway_bodies_total", dimension: "reason", factory: factory)
    }

    /// A request whose head arrived, or which failed.
    func sent(_ url: String, _ outcome: Outcome, _ duration: Duration) {
        let host = hosts.label(url)
        let series = Series(host: host, outcome: outcome.word)
        let (counter, timer) = state.withLockedValue { state in
            (
                state.counters.value(for: series) {
                    Counter(
                        label: "upstream_requests_total",
                        dimensions: [("endpoint", host), ("outcome", series.outcome)],
                        factory: factory
                    )
                },
                state.timers.value(for: host) {
                    Timer(
                        label: "upstream_head_duration_seconds",
                        dimensions: [("endpoint", host)],
                        preferredDisplayUnit: .seconds,
                        factory: factory
                    )
                }
            )
        }
        counter.increment()
        timer.recordNanoseconds(duration.wholeNanoseconds)
    }

    func streamBegan() {
        let count = state.withLockedValue { state in
            state.streams += 1
            return state.streams
        }
        open.record(count)
    }

    func ended(_ end: RelayedBody.End, isStream: Bool) {
        ends.increment(end)
        guard isStream else { return }
        let count = state.withLockedValue { state in
            state.streams -= 1
            return state.streams
        }
        open.record(count)
    }
}

extension Dictionary {
    /// The value of a key, made if there is none.
    fileprivate mutating func value(for key: Key, _ make: () -> Value) -> Value {
        if let known = self[key] { return known }
        let made = make()
        self[key] = made
        return made
    }
}
