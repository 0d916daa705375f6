// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The one-word summary in `status.state`, in the words that clients of the older resource know.
package enum ServerState: String, Hashable, Sendable, CaseIterable {
    case connected = "Connected"
    case connecting = "Connecting"
    case disconnected = "Disconnected"
    case failed = "Failed"
    case stopped = "Stopped"
}
