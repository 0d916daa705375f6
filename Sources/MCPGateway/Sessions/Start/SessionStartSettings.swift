// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What is done when a session starts.
package struct SessionStartSettings: Hashable, Sendable {
    /// For which servers tokens are obtained.
    package enum Servers: String, Hashable, Sendable, CaseIterable {
        case all
        /// Those that the user has used before.
        case recent
        case none
    }

    /// For which servers tokens are obtained.
    package var servers: Servers
    /// How many of a session's at once.
    package var perUser: Int
    /// How long each may take.
    package var deadline: Duration
    /// Sessions of one user.
    package var sessionsPerUser: Int
    /// Sessions that are known at once.
    package var sessions: Int
    /// Sessions and servers that are connected at once.
    package var jobs: Int
    /// Those that wait; what does not fit is connected when it is first used.
    package var queue: Int
    /// Attempts that are remembered.
    package var attempts: Int

    package init(
        servers: Servers = .all,
        perUser: Int = 128,
        deadline: Duration = .seconds(5),
        sessionsPerUser: Int = 20,
        sessions: Int = 20_000,
        jobs: Int = 32,
        queue: Int = 2_000,
        attempts: Int = 50_000
    ) {
        self.servers = servers
        self.perUser = perUser
        self.deadline = deadline
        self.sessionsPerUser = sessionsPerUser
        self.sessions = sessions
        self.jobs = jobs
        self.queue = queue
        self.attempts = attempts
    }
}
