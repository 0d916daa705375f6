// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import CoreMetrics
import NIOConcurrencyHelpers

/// A swift-metrics backend that keeps every series in memory and writes them in Prometheus' text format.
///
/// Counters and floating point counters are counters; meters, gauges and recorders that do not aggregate are gauges;
/// aggregating recorders and timers (in seconds) are histograms. Labels that a caller takes from unbounded input cannot
/// exhaust memory: past ``Limits`` a series is not kept, and `metrics_dropped_series_total` says how often that
/// happened and to which metric. A name used with two kinds keeps the first; the other counts as dropped.
package final class PrometheusMetricsFactory: MetricsFactory {
    /// How much is kept.
    package struct Limits: Sendable, Hashable {
        /// Series of one metric.
        package var seriesPerMetric: Int
        /// Metrics.
        package var metrics: Int

        package init(seriesPerMetric: Int = 1_000, metrics: Int = 1_000) {
            self.seriesPerMetric = seriesPerMetric
            self.metrics = metrics
        }
    }

    /// What the factory says about itself; part of every catalogue.
    package static let ownDescriptions = [
        MetricDescription(
            droppedSeriesName.text,
            .counter,
            "Series that were not kept because their metric had too many or another type.",
            labels: ["metric"]
        )
    ]

    private static let droppedSeriesName = MetricName("metrics_dropped_series_total")
    /// Stands for all metrics past the limit, so that their names are not kept either.
    private static let otherMetrics = "other"

    private struct State {
        var families: [MetricName: MetricFamily] = [:]
        var dropped: [String: UInt64] = [:]
    }

    private let catalogue: MetricCatalogue
    private let limits: Limits
    private let process: @Sendable () -> ProcessStatistics?
    private let uptime: @Sendable () -> Duration
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - catalogue: Gives `HELP` texts and histogram bounds.
    ///   - limits: How much is kept.
    ///   - process: Read at every scrape for the `process_*` metrics; `nil` leaves them out.
    ///   - uptime: What gauges that are ages grow by: a time that never goes back; by default the monotonic clock.
    package init(
        catalogue: MetricCatalogue = MetricCatalogue(),
        limits: Limits = Limits(),
        process: @escaping @Sendable () -> ProcessStatistics? = { nil },
        uptime: (@Sendable () -> Duration)? = nil
    ) {
        self.catalogue = catalogue
        self.limits = limits
        self.process = process
        self.uptime = uptime ?? Self.stopwatch()
    }

    /// Time since now on the monotonic clock.
    private static func stopwatch() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }

    /// The names of all metrics that have a series now, sorted.
    package var names: [String] {
        state.withLockedValue { state in state.families.keys.sorted().map(\.text) }
    }

    /// All series in the [text exposition format 0.0.4](https://prometheus.io/docs/instrumenting/exposition_formats/),
    /// sorted by name and labels, so that equal values give equal text.
    package func exposition() -> String {
        let (families, dropped) = state.withLockedValue { ($0.families, $0.dropped) }
        var samples = families.map { name, family in
            FamilySnapshot(name: name.text, kind: family.kind, series: family.series)
        }
        if !dropped.isEmpty { samples.append(.counter(Self.droppedSeriesName.text, by: "metric", dropped)) }
        samples += process()?.families ?? []
        var writer = ExpositionWriter(catalogue: catalogue)
        for family in samples.sorted(by: { $0.name < $1.name }) { writer.write(family) }
        return writer.text
    }

    private func series(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: MetricKind,
        make: (_ name: String) -> MetricFamily.Series
    ) -> MetricFamily.Series {
        let name = MetricName(label)
        let labels = LabelSet(dimensions, reserved: kind == .histogram ? ExpositionWriter.boundLabel : nil)
        let kept: MetricFamily.Series? = state.withLockedValue { state in
            guard state.families[name] != nil || state.families.count < limits.metrics else {
                state.dropped[Self.otherMetrics, default: 0] += 1
                return nil
            }
            let found = state.families[name, default: MetricFamily(kind: kind)]
                .series(labels, kind: kind, limit: limits.seriesPerMetric) { make(name.text) }
            if found == nil { state.dropped[name.text, default: 0] += 1 }
            return found
        }
        // What is not kept still needs a handler; it counts for nobody and goes with its caller.
        return kept ?? make(name.text)
    }

    private func remove(_ handler: AnyObject) {
        let identity = ObjectIdentifier(handler)
        state.withLockedValue { state in
            for name in state.families.keys {
                state.families[name]?.remove(identity)
                if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
            }
        }
    }
}

extension PrometheusMetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        return histogram(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        guard case .counter(let found) = series(label, dimensions, .counter, make: { _ in .counter(CounterSeries()) })
        else { return CounterSeries() }
        return found
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let uptime = catalogue.isAge(MetricName(label).text) ? uptime : nil
        let series = series(label, dimensions, .gauge) { _ in .gauge(GaugeSeries(ageBy: uptime)) }
        guard case .gauge(let found) = series else { return GaugeSeries() }
        return found
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let bounds = catalogue.buckets(for: MetricName(label).text)
        let series = series(label, dimensions, .histogram) { _ in .histogram(HistogramSeries(bounds: bounds)) }
        guard case .histogram(let found) = series else { return HistogramSeries(bounds: bounds) }
        return found
    }
}
