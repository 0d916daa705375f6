// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import NIOConcurrencyHelpers

/// A metrics factory whose values can be read.
final class RecordedMetrics: MetricsFactory {
    private let values = NIOLockedValueBox<[String: Double]>([:])

    /// The value of a series, written as `label{key=value,…}`; `nil` if it does not exist.
    func value(_ series: String) -> Double? { values.withLockedValue { $0[series] } }

    /// The names of all series, labels included.
    var allSeries: [String] { values.withLockedValue { $0.keys.sorted() } }

    /// The sum over all series of that label.
    func sum(_ label: String) -> Double {
        values.withLockedValue { values in
            values.reduce(0) { $1.key.hasPrefix("\(label){") ? $0 + $1.value : $0 }
        }
    }

    fileprivate func change(_ series: String, _ change: (Double) -> Double) {
        values.withLockedValue { $0[series] = change($0[series] ?? 0) }
    }

    private func series(_ label: String, _ dimensions: [(String, String)]) -> String {
        "\(label){\(dimensions.map { "\($0)=\($1)" }.joined(separator: ","))}"
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler(series: series(label, dimensions), metrics: self)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler(series: series(label, dimensions), metrics: self)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Handler(series: series(label, dimensions), metrics: self)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        let series: String
        let metrics: RecordedMetrics

        init(series: String, metrics: RecordedMetrics) {
            self.series = series
            self.metrics = metrics
        }

        func increment(by amount: Int64) { metrics.change(series) { $0 + Double(amount) } }
        func reset() { metrics.change(series) { _ in 0 } }
        func record(_ value: Int64) { metrics.change(series) { _ in Double(value) } }
        func record(_ value: Double) { metrics.change(series) { _ in value } }
        func recordNanoseconds(_ duration: Int64) { metrics.change(series) { _ in Double(duration) } }
    }
}
