// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import RouteTable

/// One server, as `GET /servers` shows it to one caller.
struct ServerListing: Hashable, Sendable {
    /// How the caller stands with a server.
    enum State: String, Hashable, Sendable, CaseIterable {
        /// There is a token for it, or it needs none.
        case connected
        /// Nothing was tried yet.
        case available
        /// A token is being obtained.
        case connecting
        /// What was tried failed.
        case failed
    }

    let key: RouteKey
    let url: String
    let mode: String
    let state: State
    /// The word of the failure.
    let reason: String?
    /// What failed, and what to do about it.
    let message: String?

    var json: JSONValue {
        [
            "namespace": .string(key.namespace),
            "name": .string(key.name),
            "url": .string(url),
            "mode": .string(mode),
            "state": .string(state.rawValue),
            "reason": .string(reason ?? ""),
            "message": .string(message ?? ""),
        ]
    }
}
