// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Metrics

/// What a reflector reports; upstream no longer has names for these.
struct ReflectorMetrics: Sendable {
    private let firstLists: Counter
    private let relists: Counter
    private let watches: Counter
    private let restarts: [WatchRestartCause: Counter]
    private let invalidObjects: Counter
    private let synced: Gauge
    /// The backend lets it grow from what was last recorded: an age needs no timer of its own.
    private let lastEventAge: Gauge
    private let objects: Gauge

    init(kind: String, factory: any MetricsFactory) {
        let labels = [("kind", kind)]
        func counter(_ label: String, _ more: [(String, String)] = []) -> Counter {
            let counter = Counter(label: label, dimensions: labels + more, factory: factory)
            counter.increment(by: 0)
            return counter
        }
        firstLists = counter("reflector_lists_total", [("reason", "initial")])
        relists = counter("reflector_lists_total", [("reason", "relist")])
        watches = counter("reflector_watches_total")
        restarts = Dictionary(
            uniqueKeysWithValues: WatchRestartCause.allCases.map {
                ($0, counter("reflector_watch_restarts_total", [("cause", $0.rawValue)]))
            }
        )
        invalidObjects = counter("reflector_invalid_objects_total")
        synced = Gauge(label: "reflector_synced", dimensions: labels, factory: factory)
        lastEventAge = Gauge(label: "reflector_last_event_age_seconds", dimensions: labels, factory: factory)
        objects = Gauge(label: "store_objects", dimensions: labels, factory: factory)
        synced.record(0)
        lastEventAge.record(0)
        objects.record(0)
    }

    /// Everything there is was asked for, by a list or a watch.
    func read(isFirst: Bool) {
        if isFirst { firstLists.increment() } else { relists.increment() }
    }

    func published(count: Int, invalid: Int) {
        objects.record(count)
        invalidObjects.increment(by: invalid)
    }

    func skippedInvalid() { invalidObjects.increment() }
    func watching() { watches.increment() }
    func following() { synced.record(1) }
    /// An event or a bookmark arrived.
    func heard() { lastEventAge.record(0) }
    func degraded() { synced.record(0) }
    func changed(count: Int) { objects.record(count) }
    func watchEnded(_ end: WatchEnd) { restarts[WatchRestartCause(end)]?.increment() }
}

/// Why a watch had to be opened again.
enum WatchRestartCause: String, Sendable, CaseIterable {
    case endOfStream = "eof"
    case idle
    case expired = "410"
    case tooManyRequests = "429"
    case rejected = "4xx"
    case serverError = "5xx"
    case inputOutput = "io"

    init(_ end: WatchEnd) {
        switch end {
        case .closed: self = .endOfStream
        case .overdue: self = .idle
        case .failed(let error):
            self =
                switch error.code {
                case .expired: .expired
                case .tooManyRequests: .tooManyRequests
                case .transport: error.transport == "timed_out" ? .idle : .inputOutput
                case .timeout, .serviceUnavailable, .internalError, .resourceVersionTooLarge: .serverError
                default: error.status >= 500 ? .serverError : .rejected
                }
        }
    }
}
