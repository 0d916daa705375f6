// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A way to set off text on a terminal.
enum TerminalStyle: Sendable {
    case plain
    case bold
    case faint
    case red
    case green
    case yellow

    private var code: String? {
        switch self {
        case .plain: nil
        case .bold: "1"
        case .faint: "2"
        case .red: "31"
        case .green: "32"
        case .yellow: "33"
        }
    }

    /// The text between the escape sequences of this style, or alone.
    func applied(to text: String, if colours: Bool) -> String {
        guard colours, let code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
