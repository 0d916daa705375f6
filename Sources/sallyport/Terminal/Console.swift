// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers

/// Where the program's text goes.
///
/// On a terminal a picture can be kept at the bottom: lines that are printed meanwhile, log lines too, appear above it.
final class Console: Sendable {
    private struct State {
        var picture: [String] = []
    }

    private let state = NIOLockedValueBox(State())
    private let writeOutput: @Sendable (String) -> Void
    private let writeErrors: @Sendable (String) -> Void
    /// Whether output goes to a terminal that a picture can be drawn on.
    let isTerminal: Bool
    /// Whether output may be coloured.
    let colours: Bool
    /// Whether errors and logs may be coloured.
    let errorColours: Bool

    init(
        isTerminal: Bool,
        errorsAreTerminal: Bool,
        environment: [String: String],
        writeOutput: @escaping @Sendable (String) -> Void,
        writeErrors: @escaping @Sendable (String) -> Void
    ) {
        let dumb = environment["TERM"] == "dumb"
        // https://no-color.org: any value but the empty one switches colours off.
        let refused = dumb || environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        self.isTerminal = isTerminal && !dumb
        colours = isTerminal && !refused
        errorColours = errorsAreTerminal && !refused
        self.writeOutput = writeOutput
        self.writeErrors = writeErrors
    }

    /// The process's own output and errors.
    static func standard(environment: [String: String]) -> Console {
        Console(
            isTerminal: isatty(STDOUT_FILENO) == 1,
            errorsAreTerminal: isatty(STDERR_FILENO) == 1,
            environment: environment,
            writeOutput: { Self.write($0, to: .standardOutput) },
            writeErrors: { Self.write($0, to: .standardError) }
        )
    }

    private static func write(_ text: String, to handle: FileHandle) {
        do { try handle.write(contentsOf: Data(text.utf8)) } catch {
            // Whoever read this is gone; there is nobody left to tell.
        }
    }

    /// Writes whole lines as output.
    func print(_ text: String) {
        state.withLockedValue { state in
            writeOutput(Self.erasing(state.picture) + text)
            writeOutput(state.picture.map { $0 + "\n" }.joined())
        }
    }

    /// Writes whole lines as errors or log; above the picture if there is one.
    func printError(_ text: String) {
        state.withLockedValue { state in
            if !state.picture.isEmpty { writeOutput(Self.erasing(state.picture)) }
            writeErrors(text)
            if !state.picture.isEmpty { writeOutput(state.picture.map { $0 + "\n" }.joined()) }
        }
    }

    /// Puts a picture in place of the last one; each line must fit the terminal.
    func draw(_ lines: [String]) {
        state.withLockedValue { state in
            writeOutput(Self.erasing(state.picture) + lines.map { $0 + "\n" }.joined())
            state.picture = lines
        }
    }

    /// Leaves the picture where it is and goes on below.
    func keepPicture() {
        state.withLockedValue { $0.picture = [] }
    }

    /// Moves to where the picture begins and clears from there.
    private static func erasing(_ picture: [String]) -> String {
        picture.isEmpty ? "" : "\u{1B}[\(picture.count)A\u{1B}[J"
    }
}
