// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import HeapModule
import RouteTable

/// Which sessions and servers are to be connected, and how each attempt stands; the time is a parameter.
struct SessionStartState: Sendable {
    /// One session at one server.
    struct Place: Hashable, Sendable {
        var session: SessionIdentity
        var server: RouteKey
    }

    /// Something to do now.
    enum Job: Sendable {
        /// Connect all servers of a session.
        case start(Session)
        /// Connect one server.
        case connect(Session, RouteKey)
    }

    private struct Retry: Comparable, Sendable {
        var time: Duration
        var session: Session
        var server: RouteKey

        static func < (left: Retry, right: Retry) -> Bool { left.time < right.time }
        static func == (left: Retry, right: Retry) -> Bool { left.time == right.time }
    }

    private let settings: SessionStartSettings
    private var registry: SessionRegistry
    private var jobs: Deque<Job> = []
    private var running = 0
    private var retries: Heap<Retry> = []
    private var attempts: BoundedTable<Place, ServerAttempt>
    private var used: BoundedTable<UserIdentity, BoundedTable<RouteKey, Void>>

    /// Servers that are remembered as used by one user.
    static let recentServers = 64

    init(_ settings: SessionStartSettings) {
        self.settings = settings
        registry = SessionRegistry(limit: settings.sessions, perUser: settings.sessionsPerUser)
        attempts = BoundedTable(limit: settings.attempts)
        used = BoundedTable(limit: settings.sessions)
    }

    var sessionCount: Int { registry.count }

    /// When a server is due next; `nil` as well while there is no room for it.
    var nextRetry: Duration? { running < settings.jobs ? retries.min?.time : nil }

    /// Takes a session in that may be new.
    ///
    /// - Returns: Whether it is, and which sessions had to go for it.
    mutating func see(_ session: Session) -> SessionRegistry.Arrival {
        let arrival = registry.see(session.identity)
        if arrival.isNew, settings.servers != .none, jobs.count < settings.queue { jobs.append(.start(session)) }
        return arrival
    }

    /// Whether a session is still there.
    func knows(_ session: Session) -> Bool { registry.knows(session.identity) }

    /// Notes that a user uses a server.
    mutating func use(_ server: RouteKey, by user: UserIdentity) {
        var servers = used[user] ?? BoundedTable(limit: Self.recentServers)
        servers.set((), for: server)
        used.set(servers, for: user)
    }

    /// Whether a server is to be connected when a session of that user starts.
    func wants(_ server: RouteKey, for user: UserIdentity) -> Bool {
        switch settings.servers {
        case .all: true
        case .recent: used[user]?[server] != nil
        case .none: false
        }
    }

    /// Tries a server again because the caller asks for it.
    mutating func retry(_ session: Session, _ server: RouteKey) {
        attempts.remove(Place(session: session.identity, server: server))
        if settings.servers != .none, jobs.count < settings.queue { jobs.append(.connect(session, server)) }
    }

    /// Takes out what there is to do now, as far as there is room; each ends with ``finished()``.
    mutating func takeJobs(at now: Duration) -> [Job] {
        var taken: [Job] = []
        while running + taken.count < settings.jobs, let job = jobs.popFirst() { taken.append(job) }
        while running + taken.count < settings.jobs, let first = retries.min, first.time <= now {
            retries.removeMin()
            // One that was dropped, or that has succeeded meanwhile, is over.
            guard case .failed? = attempts[Place(session: first.session.identity, server: first.server)] else {
                continue
            }
            taken.append(.connect(first.session, first.server))
        }
        running += taken.count
        return taken
    }

    /// A job is done, and there is room for another one.
    mutating func finished() { running -= 1 }

    mutating func connecting(_ place: Place) { attempts.set(.starting(attempts[place]), for: place) }

    /// Keeps nothing of an attempt: it succeeded, or there is nothing to try.
    mutating func settle(_ place: Place) { attempts.remove(place) }

    /// Notes a failure, and when to try again.
    mutating func failed(
        _ session: Session,
        _ server: RouteKey,
        _ failure: AttemptFailure,
        isTransient: Bool,
        asked: Duration?,
        at now: Duration
    ) {
        let place = Place(session: session.identity, server: server)
        let (state, retryAfter) = ServerAttempt.starting(attempts[place]).failed(
            failure,
            isTransient: isTransient,
            asked: asked
        )
        attempts.set(state, for: place)
        guard let retryAfter, retries.count < settings.attempts else { return }
        retries.insert(Retry(time: now + retryAfter, session: session, server: server))
    }

    /// How an attempt stands; `nil` if there is none.
    func attempt(_ place: Place) -> ServerAttempt? { attempts[place] }
}
