// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A failure that trying again cannot heal; the object waits for its next change.
package struct TerminalError: Error, Sendable, CustomStringConvertible {
    /// What failed; its description is shown.
    package var underlying: any Error

    package init(_ underlying: any Error) { self.underlying = underlying }

    package var description: String { "\(underlying)" }
}
