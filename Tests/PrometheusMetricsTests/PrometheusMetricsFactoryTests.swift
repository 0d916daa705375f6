// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Testing

@testable import PrometheusMetrics

@Suite("Metrics factory")
struct PrometheusMetricsFactoryTests {
    @Test("Two metrics with the same name and labels are one series")
    func sharesSeries() {
        let factory = PrometheusMetricsFactory()
        for _ in 0..<2 {
            Counter(label: "c_total", dimensions: [("b", "2"), ("a", "1")], factory: factory).increment()
        }
        Counter(label: "c_total", dimensions: [("a", "1"), ("b", "2")], factory: factory).increment()
        #expect(factory.exposition().contains("c_total{a=\"1\",b=\"2\"} 3\n"))
    }

    @Test("Series over the limit are counted and not kept")
    func boundsSeries() {
        let factory = PrometheusMetricsFactory(limits: .init(seriesPerMetric: 10, metrics: 3))
        for number in 0..<1_000 {
            Counter(label: "c_total", dimensions: [("path", "/\(number)")], factory: factory).increment()
        }
        let text = factory.exposition()
        #expect(text.split(separator: "\n").count { $0.hasPrefix("c_total{") } == 10)
        #expect(text.contains("metrics_dropped_series_total{metric=\"c_total\"} 990\n"))
    }

    @Test("Metrics over the limit are counted together")
    func boundsMetrics() {
        let factory = PrometheusMetricsFactory(limits: .init(seriesPerMetric: 10, metrics: 3))
        for number in 0..<8 { Meter(label: "m\(number)", factory: factory).set(1) }
        #expect(factory.names == ["m0", "m1", "m2"])
        #expect(factory.exposition().contains("metrics_dropped_series_total{metric=\"other\"} 5\n"))
    }

    @Test("A name keeps its first kind")
    func refusesSecondKind() {
        let factory = PrometheusMetricsFactory()
        Counter(label: "m", factory: factory).increment()
        Meter(label: "m", factory: factory).set(9)
        #expect(factory.exposition().contains("# TYPE m counter\nm 1\n"))
        #expect(factory.exposition().contains("metrics_dropped_series_total{metric=\"m\"} 1\n"))
    }

    @Test("A counter never goes back, whatever it is given")
    func countersOnlyGrow() {
        let series = CounterSeries()
        series.increment(by: Int64(2))
        series.increment(by: Int64(-5))
        series.increment(by: Double.nan)
        series.increment(by: Double.infinity)
        #expect(series.value == 2)
    }

    @Test("Not-a-number leaves a histogram alone, and infinities fall in the outer buckets")
    func histogramsIgnoreNotANumber() {
        let series = HistogramSeries(bounds: [1])
        series.record(.nan)
        series.record(-Double.infinity)
        series.record(Int64(7))
        #expect(series.snapshot.cumulative == [1])
        #expect(series.snapshot.count == 2)
    }

    @Test("A destroyed metric leaves the exposition, and only that one")
    func destroys() {
        let factory = PrometheusMetricsFactory()
        let first = Counter(label: "c_total", dimensions: [("a", "1")], factory: factory)
        Counter(label: "c_total", dimensions: [("a", "2")], factory: factory).increment()
        let meter = Meter(label: "m", factory: factory)
        first.destroy()
        meter.destroy()
        #expect(factory.exposition() == "# TYPE c_total counter\nc_total{a=\"2\"} 1\n")
    }

    @Test("Many tasks at once lose no count")
    func concurrency() async {
        let factory = PrometheusMetricsFactory()
        await withDiscardingTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        Counter(label: "c_total", factory: factory).increment()
                        Timer(label: "t_seconds", dimensions: [("n", "\(task % 2)")], factory: factory)
                            .recordNanoseconds(1)
                    }
                    _ = factory.exposition()
                }
            }
        }
        #expect(factory.exposition().contains("\nc_total 8000\n"))
        #expect(factory.exposition().contains("t_seconds_count{n=\"1\"} 4000\n"))
    }

    @Test("A gauge that is an age grows by the second from what was recorded last, and another does not")
    func ages() {
        // Whatever can be read and set from closures serves as the clock.
        let uptime = GaugeSeries()
        uptime.set(100.0)
        let factory = PrometheusMetricsFactory(
            catalogue: MetricCatalogue([MetricDescription("age_seconds", .gauge, "An age.", isAge: true)]),
            uptime: { .seconds(uptime.value) }
        )
        let age = Gauge(label: "age_seconds", factory: factory)
        let other = Gauge(label: "other_seconds", factory: factory)
        uptime.set(102.5)
        #expect(factory.exposition().contains("\nage_seconds 2.5\n"))
        age.record(0)
        other.record(0)
        uptime.set(103.0)
        #expect(factory.exposition().contains("\nage_seconds 0.5\n"))
        #expect(factory.exposition().contains("\nother_seconds 0\n"))
        age.record(4)
        #expect(factory.exposition().contains("\nage_seconds 4\n"))
    }
}
