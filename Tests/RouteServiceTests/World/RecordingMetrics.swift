// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import NIOConcurrencyHelpers

/// A metrics factory whose values can be read.
final class RecordingMetrics: MetricsFactory {
    private let values = NIOLockedValueBox<[String: Double]>([:])

    /// The value of a series, written as `label{key=value,…}`; `nil` if it does not exist.
    ///
    /// For a recorder, the number of values it got.
    func value(_ series: String) -> Double? { values.withLockedValue { $0[series] } }

    fileprivate func change(_ series: String, _ change: (Double) -> Double) {
        values.withLockedValue { $0[series] = change($0[series] ?? 0) }
    }

    private func series(_ label: String, _ dimensions: [(String, String)]) -> String {
        "\(label){\(dimensions.map { "\($0)=\($1)" }.joined(separator: ","))}"
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        RecordingHandler(series(label, dimensions), self)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        // What is not aggregated is a gauge.
        aggregate ? RecordingHandler(series(label, dimensions), self) : RecordingGauge(series(label, dimensions), self)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        RecordingHandler(series(label, dimensions), self)
    }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        RecordingGauge(series(label, dimensions), self)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
}

/// Adds up a counter, or counts what a recorder gets.
private final class RecordingHandler: CounterHandler, RecorderHandler, TimerHandler {
    private let series: String
    private let metrics: RecordingMetrics

    init(_ series: String, _ metrics: RecordingMetrics) {
        self.series = series
        self.metrics = metrics
        metrics.change(series) { $0 }
    }

    func increment(by amount: Int64) { metrics.change(series) { $0 + Double(amount) } }
    func reset() { metrics.change(series) { _ in 0 } }
    func record(_ value: Int64) { metrics.change(series) { $0 + 1 } }
    func record(_ value: Double) { metrics.change(series) { $0 + 1 } }
    func recordNanoseconds(_ duration: Int64) { metrics.change(series) { $0 + 1 } }
}

/// Keeps the last value.
private final class RecordingGauge: RecorderHandler, MeterHandler {
    private let series: String
    private let metrics: RecordingMetrics

    init(_ series: String, _ metrics: RecordingMetrics) {
        self.series = series
        self.metrics = metrics
    }

    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { metrics.change(series) { _ in value } }
    func increment(by amount: Double) { metrics.change(series) { $0 + amount } }
    func decrement(by amount: Double) { metrics.change(series) { $0 - amount } }
}
