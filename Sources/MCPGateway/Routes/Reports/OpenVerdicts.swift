// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Holds verdicts back for a moment that wait for an issuer's metadata.
///
/// A process that starts asks for all of it at once, and has most of the answers before anybody could read the question.
struct OpenVerdicts: Sendable {
    private struct Open: Sendable {
        var version: String
        var since: Duration
    }

    /// How long a verdict may be open before it is worth a word.
    static let patience = Duration.seconds(1)

    private var open: [RouteKey: Open] = [:]
    private var holdsBack = false

    /// When to ask again although nothing happens; `nil` while everything is settled.
    var pause: Duration? {
        if holdsBack { return .milliseconds(100) }
        return open.isEmpty ? nil : .seconds(1)
    }

    /// What is to be said now.
    ///
    /// - Parameters:
    ///   - entries: All verdicts there are.
    ///   - now: The present, on any clock.
    /// - Returns: Those that are settled, or have been open for too long.
    mutating func settled(among entries: [GatewayReport.Entry], at now: Duration) -> [GatewayReport.Entry] {
        var stillOpen: [RouteKey: Open] = [:]
        let settled = entries.filter { entry in
            guard entry.isOpen else { return true }
            let before = open[entry.key].flatMap { $0.version == entry.version ? $0 : nil }
            let since = before?.since ?? now
            stillOpen[entry.key] = Open(version: entry.version, since: since)
            return now - since >= Self.patience
        }
        open = stillOpen
        holdsBack = settled.count < entries.count
        return settled
    }
}

extension GatewayReport.Entry {
    /// Whether metadata decides that is not known.
    fileprivate var isOpen: Bool {
        guard case .rejected(let reason, _) = outcome else { return false }
        return reason == TrustRefusal.Reason.discoveryFailed.rawValue
    }
}
