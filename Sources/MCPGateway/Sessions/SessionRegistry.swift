// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The sessions that were seen lately; of each user only so many.
struct SessionRegistry: Sendable {
    /// What becomes of a session that is seen.
    struct Arrival: Hashable, Sendable {
        /// Whether it was not known.
        var isNew: Bool
        /// Sessions that had to go for it.
        var displaced: [SessionIdentity]
    }

    private let perUser: Int
    private var sessions: BoundedTable<SessionIdentity, Void>
    /// Each user's sessions, the one that was seen longest ago in front.
    private var users: [UserIdentity: [SessionIdentity]] = [:]

    /// - Parameters:
    ///   - limit: All sessions.
    ///   - perUser: Those of one user.
    init(limit: Int, perUser: Int) {
        self.perUser = max(perUser, 1)
        sessions = BoundedTable(limit: limit)
    }

    var count: Int { sessions.count }

    func knows(_ identity: SessionIdentity) -> Bool { sessions[identity] != nil }

    mutating func see(_ identity: SessionIdentity) -> Arrival {
        if sessions.use(identity) != nil {
            // Whoever brings a new token is still there: others go first.
            drop(identity)
            users[identity.user, default: []].append(identity)
            return Arrival(isNew: false, displaced: [])
        }
        var displaced = sessions.set((), for: identity).map(\.key)
        for gone in displaced { drop(gone) }
        users[identity.user, default: []].append(identity)
        while let own = users[identity.user], own.count > perUser, let oldest = own.first {
            sessions.remove(oldest)
            drop(oldest)
            displaced.append(oldest)
        }
        return Arrival(isNew: true, displaced: displaced)
    }

    private mutating func drop(_ identity: SessionIdentity) {
        users[identity.user]?.removeAll { $0 == identity }
        if users[identity.user]?.isEmpty ?? false { users[identity.user] = nil }
    }
}
