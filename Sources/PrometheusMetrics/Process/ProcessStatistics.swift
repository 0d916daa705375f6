// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// What the kernel says about this process.
package struct ProcessStatistics: Sendable, Hashable {
    /// User and system time in seconds.
    package var processorSeconds: Double
    /// Memory that is in RAM now.
    package var residentBytes: Double
    /// Address space, most of which costs nothing.
    package var virtualBytes: Double
    /// Files, sockets and the like.
    package var openDescriptors: Int
    /// The soft limit; `nil` when there is none.
    package var descriptorLimit: Int?
    /// Seconds since 1970.
    package var startTime: Double

    /// The kernel's units, which its files do not name.
    package struct Units: Sendable {
        /// The unit of CPU times in `/proc`, from `sysconf`.
        package var ticksPerSecond: Double
        /// The unit of memory in `/proc`, from `sysconf`.
        package var pageBytes: Double

        package init(ticksPerSecond: Double, pageBytes: Double) {
            self.ticksPerSecond = ticksPerSecond
            self.pageBytes = pageBytes
        }
    }

    /// Reads the texts of `/proc/self/stat`, `/proc/stat` and `/proc/self/limits`; `nil` if they are not as documented.
    package init?(stat: String, systemStat: String, limits: String, openDescriptors: Int, units: Units) {
        // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        // After the name comes field 3, so field n is at position n - 3.
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let startTicks = Double(fields[19]), let virtual = Double(fields[20]), let pages = Double(fields[21]),
            let bootLine = systemStat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootTime = Double(bootLine.dropFirst("btime ".count))
        else { return nil }
        processorSeconds = (user + system) / units.ticksPerSecond
        residentBytes = pages * units.pageBytes
        virtualBytes = virtual
        startTime = bootTime + startTicks / units.ticksPerSecond
        self.openDescriptors = openDescriptors
        descriptorLimit = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
            .flatMap { line in line.split(separator: " ").dropFirst(3).first.flatMap { Int($0) } }
    }

    /// This process now, or `nil` where there is no `/proc`.
    package static func current() -> ProcessStatistics? {
        let units = Units(
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: Double(sysconf(Int32(_SC_PAGESIZE)))
        )
        do {
            return ProcessStatistics(
                stat: try String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
                systemStat: try String(contentsOfFile: "/proc/stat", encoding: .utf8),
                limits: try String(contentsOfFile: "/proc/self/limits", encoding: .utf8),
                // One of them is the listing's own.
                openDescriptors: max(0, try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count - 1),
                units: units
            )
        } catch {
            // A scrape without these numbers is worth more than none.
            return nil
        }
    }
}
