// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PrometheusMetrics

@Suite("Process statistics")
struct ProcessStatisticsTests {
    private let units = ProcessStatistics.Units(ticksPerSecond: 100, pageBytes: 4_096)
    private let limits = "Limit   Soft Limit  Hard Limit  Units\nMax open files            1024      4096     files\n"

    @Test("The kernel's files are read even when the program's name holds a parenthesis")
    func parses() throws {
        let statistics = try #require(
            ProcessStatistics(
                stat:
                    "42 (a b) c)) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 9 0 1000 8192 3 18446744073709551615",
                systemStat: "cpu 1 2\nbtime 1700000000\nprocesses 9\n",
                limits: limits,
                openDescriptors: 5,
                units: units
            )
        )
        #expect(statistics.processorSeconds == 2)
        #expect(statistics.startTime == 1_700_000_010)
        #expect(statistics.virtualBytes == 8_192)
        #expect(statistics.residentBytes == 12_288)
        #expect(statistics.descriptorLimit == 1_024)
    }

    @Test("Text that is not the kernel's gives nothing", arguments: ["", "42 (x", "42 (x) S 1 2"])
    func refuses(stat: String) {
        #expect(
            ProcessStatistics(stat: stat, systemStat: "btime 1", limits: limits, openDescriptors: 0, units: units)
                == nil
        )
    }

    @Test("This process has memory, descriptors and a start, and a scrape shows them")
    func current() throws {
        let statistics = try #require(ProcessStatistics.current())
        #expect(statistics.residentBytes > 1_000_000)
        #expect(statistics.openDescriptors > 2)
        #expect(statistics.startTime > 1_600_000_000)
        let factory = PrometheusMetricsFactory(
            catalogue: MetricCatalogue(ProcessStatistics.descriptions),
            process: { statistics }
        )
        let text = factory.exposition()
        for description in ProcessStatistics.descriptions where description.name != "process_max_fds" {
            #expect(text.contains("# TYPE \(description.name) \(description.kind.rawValue)\n\(description.name) "))
        }
    }
}
