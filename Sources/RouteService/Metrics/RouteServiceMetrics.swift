// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What the server counts about readers and reports.
struct RouteServiceMetrics: Sendable {
    private let readers: Gauge
    private let sentBytes: Counter
    private let resets: [RouteReset: Counter]
    private let endings: [StreamEnd: Counter]
    private let refusals: [ReaderRefusal.Code: Counter]
    private let fullHouse: Counter
    private let reports: [ReportResult: Counter]

    /// - Parameter factory: Where the series are made; all of them at once, at zero.
    init(factory: any MetricsFactory) {
        func counter(_ label: String, _ labels: [(String, String)] = []) -> Counter {
            let counter = Counter(label: label, dimensions: labels, factory: factory)
            counter.increment(by: 0)
            return counter
        }
        func counters<Key: RawRepresentable & CaseIterable & Hashable>(
            _ label: String,
            _ name: String,
            _ keys: Key.Type
        ) -> [Key: Counter] where Key.RawValue == String {
            Dictionary(uniqueKeysWithValues: keys.allCases.map { ($0, counter(label, [(name, $0.rawValue)])) })
        }
        readers = Gauge(label: "route_stream_readers", factory: factory)
        readers.record(0)
        sentBytes = counter("route_stream_sent_bytes_total")
        resets = counters("route_stream_resets_total", "reason", RouteReset.self)
        endings = counters("route_stream_ends_total", "reason", StreamEnd.self)
        refusals = counters("route_stream_refusals_total", "reason", ReaderRefusal.Code.self)
        fullHouse = counter("route_stream_refusals_total", [("reason", "tooManyReaders")])
        reports = counters("route_stream_reports_total", "result", ReportResult.self)
    }

    func reading(_ count: Int) { readers.record(count) }
    func sent(bytes: Int) { sentBytes.increment(by: bytes) }
    func reset(_ reason: RouteReset) { resets[reason]?.increment() }
    func ended(_ end: StreamEnd) { endings[end]?.increment() }
    func refused(_ code: ReaderRefusal.Code) { refusals[code]?.increment() }
    func refusedForLackOfRoom() { fullHouse.increment() }
    func reported(_ result: ReportResult) { reports[result]?.increment() }
}

/// Why a reader was sent the whole table.
enum RouteReset: String, Sendable, CaseIterable {
    /// It had nothing.
    case initial
    /// It was too far behind for changes.
    case behind
}

/// What became of a report.
enum ReportResult: String, Sendable, CaseIterable {
    case accepted
    case fullReportWanted
    case malformed
    case tooLarge
    case tooSlow
    case wrongInstance
    case tooManyReports
}
