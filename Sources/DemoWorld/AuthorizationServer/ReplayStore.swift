// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE

/// The ID-JAGs that were used, for as long as they would be accepted.
///
/// By issuer and `jti` alone: an issuer that gives one `jti` to two users has only the first accepted. When the store is
/// full, nothing is accepted any more, rather than something twice.
package struct ReplayStore: Sendable {
    private var used: ExpiringTable<String, Void>

    /// - Parameter capacity: How many are remembered; at most five and a half minutes' worth.
    package init(capacity: Int = 200_000) { used = ExpiringTable(capacity: capacity) }

    /// How many are remembered.
    package var count: Int { used.count }

    /// Remembers an ID-JAG, before anything is issued for it.
    ///
    /// - Throws: ``OAuthRefusal`` when it was used before, or cannot be remembered.
    package mutating func use(
        _ identifier: String,
        of issuer: String,
        until end: NumericDate,
        at now: NumericDate
    ) throws(OAuthRefusal) {
        switch used.insert((), for: "\(issuer.utf8.count):\(issuer)\(identifier)", until: end, at: now) {
        case .inserted: return
        case .taken: throw OAuthRefusal(.invalidGrant, "The ID-JAG was used before. Get a new one.")
        case .full: throw OAuthRefusal(.temporarilyUnavailable, "No more ID-JAGs can be remembered. Try again later.")
        }
    }
}
