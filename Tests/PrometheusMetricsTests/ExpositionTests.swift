// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Testing

@testable import PrometheusMetrics

@Suite("Exposition")
struct ExpositionTests {
    @Test("Every kind of swift-metrics metric is written with its type, its help and sorted labels")
    func everyKind() {
        let factory = PrometheusMetricsFactory(
            catalogue: MetricCatalogue([
                MetricDescription("requests_total", .counter, "Requests\nby \\ code."),
                MetricDescription("wait_seconds", .histogram, "Waits.", buckets: [0.1, 1]),
            ])
        )
        Counter(label: "requests_total", dimensions: [("method", "GET"), ("code", "200")], factory: factory)
            .increment(by: 3)
        Counter(label: "requests_total", dimensions: [("code", "404"), ("method", "GET")], factory: factory).increment()
        FloatingPointCounter(label: "cost_total", factory: factory).increment(by: 1.5)
        let meter = Meter(label: "depth", factory: factory)
        meter.set(4)
        meter.decrement(by: 1.0)
        Gauge(label: "store.objects", factory: factory).record(7)
        let timer = Timer(label: "wait_seconds", factory: factory)
        timer.recordNanoseconds(50_000_000)
        timer.recordNanoseconds(100_000_000)
        timer.recordSeconds(2)
        Recorder(label: "size_bytes", factory: factory).record(0.006)

        #expect(
            factory.exposition() == """
                # TYPE cost_total counter
                cost_total 1.5
                # TYPE depth gauge
                depth 3
                # HELP requests_total Requests\\nby \\\\ code.
                # TYPE requests_total counter
                requests_total{code="200",method="GET"} 3
                requests_total{code="404",method="GET"} 1
                # TYPE size_bytes histogram
                size_bytes_bucket{le="0.005"} 0
                size_bytes_bucket{le="0.01"} 1
                size_bytes_bucket{le="0.025"} 1
                size_bytes_bucket{le="0.05"} 1
                size_bytes_bucket{le="0.1"} 1
                size_bytes_bucket{le="0.25"} 1
                size_bytes_bucket{le="0.5"} 1
                size_bytes_bucket{le="1"} 1
                size_bytes_bucket{le="2.5"} 1
                size_bytes_bucket{le="5"} 1
                size_bytes_bucket{le="10"} 1
                size_bytes_bucket{le="+Inf"} 1
                size_bytes_sum 0.006
                size_bytes_count 1
                # TYPE store_objects gauge
                store_objects 7
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.1"} 2
                wait_seconds_bucket{le="1"} 2
                wait_seconds_bucket{le="+Inf"} 3
                wait_seconds_sum 2.15
                wait_seconds_count 3

                """
        )
    }

    @Test("A label value cannot break out of its line")
    func escapesLabelValues() {
        let factory = PrometheusMetricsFactory()
        Counter(label: "c_total", dimensions: [("a", "x\"} 9\nevil 1\\")], factory: factory).increment()
        #expect(factory.exposition() == "# TYPE c_total counter\nc_total{a=\"x\\\"} 9\\nevil 1\\\\\"} 1\n")
    }

    @Test(
        "Names become what the format can carry",
        arguments: [
            ("http.requests", "http_requests"), ("9lives", "_9lives"), ("", "_"), ("grün", "gr__n"),
            ("ns:rule", "ns:rule"), ("ok_total", "ok_total"),
        ]
    )
    func sanitisesNames(label: String, exposed: String) {
        #expect(MetricName(label).text == exposed)
    }

    @Test("A histogram's own label cannot be taken by a caller")
    func reservesTheBoundLabel() {
        #expect(LabelSet([("le", "1")], reserved: "le").labels.map(\.name) == ["le_"])
        #expect(LabelSet([("le", "1")]).labels.map(\.name) == ["le"])
    }

    @Test("Of a repeated label the last value counts, and long values are cut")
    func normalisesLabels() {
        #expect(LabelSet([("a", "1"), ("a", "2")]) == LabelSet([("a", "2")]))
        let long = LabelSet([("a", String(repeating: "x", count: 5_000))])
        #expect(long.labels.first?.value.count == LabelSet.valueLimit)
    }

    @Test(
        "Numbers are written as the format wants them",
        arguments: [
            (0.0, "0"), (-2.0, "-2"), (0.25, "0.25"), (1e-08, "1e-08"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)]
    )
    func writesNumbers(value: Double, text: String) {
        #expect(ExpositionWriter.number(value) == text)
    }
}
