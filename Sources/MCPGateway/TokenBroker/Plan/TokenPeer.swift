// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth

/// A token endpoint, and who this gateway is there.
struct TokenPeer: Sendable {
    /// A credential that was replaced, in case the server does not know the new one yet.
    ///
    /// Its minute begins with the first plan that has the new one.
    struct Fallback: Sendable {
        var client: ClientCredential
        var until: Duration
    }

    /// How long a replaced credential may stand in.
    static let fallbackLifetime = Duration.seconds(60)

    /// Where requests go.
    var endpoint: String
    /// Whether the egress policy does not apply, because configuration trusts the endpoint.
    var isConfigured: Bool
    /// Who sends them.
    var client: ClientCredential
    /// Of ``client``.
    var credential: CredentialID
    /// The same client under its credential of before.
    var fallback: Fallback?

    /// Keeps the credential of an older peer that this one takes the place of.
    ///
    /// - Parameters:
    ///   - older: What was used before; `nil` if nothing was.
    ///   - now: The time.
    mutating func replace(_ older: TokenPeer?, at now: Duration) {
        guard let older, older.endpoint.hasSameBytes(as: endpoint),
            older.client.clientID.hasSameBytes(as: client.clientID)
        else { return }
        if older.credential == credential {
            fallback = older.fallback.flatMap { now < $0.until ? $0 : nil }
        } else {
            fallback = Fallback(client: older.client, until: now + Self.fallbackLifetime)
        }
    }
}
