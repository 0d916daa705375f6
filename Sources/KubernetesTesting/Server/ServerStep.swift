// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One thing the test server does to a connection after it has read a request.
package enum ServerStep: Sendable {
    /// Writes exactly these bytes.
    case bytes([UInt8])
    /// Writes a response head and body with `Content-Length`.
    case response(status: Int, headers: [(String, String)] = [("Content-Type", "application/json")], body: String)
    /// Writes the head of a chunked response.
    case head(status: Int = 200, headers: [(String, String)] = [("Content-Type", "application/json")])
    /// Writes one chunk of a chunked response.
    case chunk([UInt8])
    /// Ends a chunked response.
    case endOfChunks
    /// Does what the closure returns for 0, 1, and so on, until it returns `nil`.
    ///
    /// Each is asked for only when the one before has been written, so a peer that does not read holds this back.
    case repeated(@Sendable (Int) -> ServerStep?)
    /// The same, where the next step may be long in coming.
    ///
    /// The closure must answer to cancellation, by which the server stops.
    case produced(@Sendable (Int) async -> ServerStep?)
    /// Waits until the test opens the gate.
    case wait(Gate)
    /// Keeps the connection open and silent until the client closes it or the server stops.
    case silence
    /// Closes the connection in order.
    case close
    /// Closes the connection with a TCP reset.
    case reset

    /// A chunk of text.
    package static func chunk(_ text: String) -> ServerStep { .chunk(Array(text.utf8)) }

    /// Text as exact bytes.
    package static func text(_ text: String) -> ServerStep { .bytes(Array(text.utf8)) }
}
