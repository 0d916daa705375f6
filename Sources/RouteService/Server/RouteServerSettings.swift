// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The bounds under which routes are served; tests make them small.
package struct RouteServerSettings: Hashable, Sendable {
    /// Streams at once; more are refused until one ends.
    package var maximumReaders = 256
    /// Roughly how much is written to a reader at once, and so what one that does not read holds on to.
    package var pieceSize = 64 << 10
    /// What the system may keep for a reader that does not read, in bytes; it takes twice as much.
    package var sendBuffer = 128 << 10
    /// How often a silent stream says that it is alive.
    package var heartbeat = Duration.seconds(15)
    /// How long a reader may take nothing of what is written to it.
    package var stall = Duration.seconds(60)
    /// How long a connection may be open without a request.
    package var idle = Duration.seconds(45)
    /// The largest report, in bytes.
    package var maximumReport = 8 << 20
    /// Reports being read at once; more are refused until one is done.
    package var maximumReports = 32
    /// How long a report may take to arrive.
    package var reportDeadline = Duration.seconds(30)
    /// How long the check of a token may take.
    package var authenticationDeadline = Duration.seconds(15)
    /// How long streams have to end once they are told to; then they are cut.
    package var grace = Duration.seconds(2)

    package init() {}
}
