// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension ProcessStatistics {
    /// The metrics every Prometheus client library exposes about its process.
    package static let descriptions = [
        MetricDescription("process_cpu_seconds_total", .counter, "User and system CPU time spent, in seconds."),
        MetricDescription("process_resident_memory_bytes", .gauge, "Resident memory in bytes."),
        MetricDescription("process_virtual_memory_bytes", .gauge, "Virtual memory in bytes."),
        MetricDescription("process_open_fds", .gauge, "Open file descriptors."),
        MetricDescription("process_max_fds", .gauge, "The most file descriptors the process may open."),
        MetricDescription(
            "process_start_time_seconds",
            .gauge,
            "When the process started, in seconds since 1970."
        ),
    ]

    var families: [FamilySnapshot] {
        var values: [String: Double] = [
            "process_cpu_seconds_total": processorSeconds,
            "process_resident_memory_bytes": residentBytes,
            "process_virtual_memory_bytes": virtualBytes,
            "process_open_fds": Double(openDescriptors),
            "process_start_time_seconds": startTime,
        ]
        values["process_max_fds"] = descriptorLimit.map(Double.init)
        return Self.descriptions.compactMap { description in
            values[description.name].map { value in
                FamilySnapshot(
                    name: description.name,
                    kind: description.kind,
                    samples: [(labels: LabelSet([]), value: .number(value))]
                )
            }
        }
    }
}
