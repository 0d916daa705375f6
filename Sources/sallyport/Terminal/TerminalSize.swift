// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The size of the terminal that the process is on.
struct TerminalSize: Sendable, Hashable {
    var columns: Int
    var lines: Int

    /// What is assumed where nobody says.
    static let usual = TerminalSize(columns: 120, lines: 40)

    init(columns: Int, lines: Int) {
        self.columns = columns
        self.lines = lines
    }

    /// Reads `stty size`, which is lines and columns; `nil` if they are not there or useless.
    init?(sttyOutput text: String) {
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] > 0, numbers[1] >= 20 else { return nil }
        self.init(columns: min(numbers[1], 1_000), lines: min(numbers[0], 1_000))
    }

    /// Asks the terminal, through the system's own tool: reading the size directly takes an unsafe call.
    static func current() -> TerminalSize {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/stty")
        process.arguments = ["-F", "/dev/tty", "size"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return TerminalSize(sttyOutput: String(decoding: output, as: UTF8.self)) ?? .usual
        } catch {
            // Without the tool the table is as wide as usual.
            return .usual
        }
    }
}
