// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a stream ended.
enum StreamEnd: String, Sendable, CaseIterable {
    /// The table was sent, and nothing more had been asked for.
    case complete
    /// The server goes away.
    case shutdown
    /// The reader closed the connection, or it broke.
    case disconnected
    /// The reader's token is not valid any more.
    case expired
    /// The reader took nothing for too long.
    case stalled
}
