// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
package import Metrics
import NIOConcurrencyHelpers
import RouteTable
import Timing

/// Connects the servers of a user when a session starts, so that nobody waits for an exchange at the first call.
///
/// Only servers that need nothing of the user but the sign-in. Each has its own deadline, and none waits for another;
/// what fails is kept with its reason, tried again if it may pass by itself, and tried again when the caller asks.
package final class SessionStart: Sendable {
    private let settings: SessionStartSettings
    private let routes: LiveRoutes
    private let broker: TokenBroker
    private let onDisplaced: @Sendable (SessionIdentity) -> Void
    private let time: ElapsedTime
    private let metrics: SessionMetrics
    private let wakeup = Wakeup()
    private let state: NIOLockedValueBox<SessionStartState>

    /// - Parameters:
    ///   - settings: What to connect, and how much at once.
    ///   - routes: The servers.
    ///   - broker: Obtains the tokens.
    ///   - clock: Measures waits.
    ///   - metrics: Counts sessions and connections.
    ///   - onDisplaced: Told of a session that had to go, so that nothing of it stays.
    package init(
        settings: SessionStartSettings,
        routes: LiveRoutes,
        broker: TokenBroker,
        clock: any Clock<Duration>,
        metrics: any MetricsFactory,
        onDisplaced: @escaping @Sendable (SessionIdentity) -> Void
    ) {
        self.settings = settings
        self.routes = routes
        self.broker = broker
        self.onDisplaced = onDisplaced
        time = ElapsedTime(clock)
        self.metrics = SessionMetrics(factory: metrics)
        state = NIOLockedValueBox(SessionStartState(settings))
    }

    /// Takes a session in that may be new; waits for nothing.
    func see(_ session: Session) {
        let (arrival, count) = state.withLockedValue { ($0.see(session), $0.sessionCount) }
        guard arrival.isNew else { return }
        metrics.sessions(count)
        for identity in arrival.displaced { onDisplaced(identity) }
        wakeup.call()
    }

    /// Notes that a user uses a server.
    func use(_ server: RouteKey, by user: UserIdentity) {
        guard settings.servers == .recent else { return }
        state.withLockedValue { $0.use(server, by: user) }
    }

    /// Tries a server again because the caller asks for it.
    func retry(_ session: Session, _ server: RouteKey) {
        state.withLockedValue { $0.retry(session, server) }
        wakeup.call()
    }

    /// How the connection of a session to a server stands; `nil` if nothing was tried, or it succeeded.
    func attempt(_ session: Session, _ server: RouteKey) -> ServerAttempt? {
        state.withLockedValue { $0.attempt(Self.place(session, server)) }
    }

    /// Forgets a failure, because a token came for a request of the caller's.
    func settle(_ session: Session, _ server: RouteKey) {
        settle(Self.place(session, server))
    }

    /// Connects servers until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for job in state.withLockedValue({ $0.takeJobs(at: time.now) }) {
                    group.addTask { await self.work(job) }
                }
                await wakeup.wait(until: state.withLockedValue { $0.nextRetry }, time)
            }
            group.cancelAll()
        }
        throw CancellationError()
    }

    private func work(_ job: SessionStartState.Job) async {
        switch job {
        case .start(let session): await start(session)
        case .connect(let session, let server): await connect(session, server)
        }
        state.withLockedValue { $0.finished() }
        wakeup.call()
    }

    private func start(_ session: Session) async {
        let began = time.now
        let user = session.identity.user
        let servers = routes.snapshot.sorted.filter { route in
            Self.needsNoUser(route.route.authentication)
                && RouteVisibility.shows(route.route, to: user)
                && state.withLockedValue { $0.wants(route.route.key, for: user) }
        }.map(\.route.key)
        // All of them are under way from the first moment on, whoever waits for room.
        for server in servers { connecting(session, server) }
        await withTaskGroup(of: Void.self) { group in
            for (position, server) in servers.enumerated() {
                if position >= settings.perUser { await group.next() }
                group.addTask { await self.connect(session, server) }
            }
        }
        metrics.started(time.now - began)
    }

    private func connecting(_ session: Session, _ server: RouteKey) {
        state.withLockedValue { $0.connecting(Self.place(session, server)) }
    }

    /// Keeps nothing of an attempt: it succeeded, or there is nothing to try.
    private func settle(_ place: SessionStartState.Place) { state.withLockedValue { $0.settle(place) } }

    private static func place(_ session: Session, _ server: RouteKey) -> SessionStartState.Place {
        SessionStartState.Place(session: session.identity, server: server)
    }

    private func connect(_ session: Session, _ server: RouteKey) async {
        let place = Self.place(session, server)
        // A session that had to go leaves nothing behind, and a server that is gone needs nothing.
        guard state.withLockedValue({ $0.knows(session) }), let route = routes.snapshot[server] else {
            return settle(place)
        }
        connecting(session, server)
        do {
            let token = try await withDeadline(settings.deadline, clock: time.clock) {
                try await self.broker.token(for: session, route: route, correlationID: CorrelationID.make())
            }
            guard token != nil else { throw BrokerError(FlightError.tookTooLong, server: server.description) }
            settle(place)
            metrics.connected(.connected)
        } catch let error as BrokerError {
            let failure = AttemptFailure(reason: error.reason.rawValue, message: error.message)
            state.withLockedValue { state in
                state.failed(
                    session,
                    server,
                    failure,
                    isTransient: error.reason == .exchangeUnavailable,
                    asked: error.retryAfter,
                    at: time.now
                )
            }
            metrics.connected(.failed)
            wakeup.call()
        } catch {
            // Cancelled: nothing was tried.
            settle(place)
        }
    }

    /// Whether a server's token can be had without the user.
    private static func needsNoUser(_ authentication: RouteAuthentication) -> Bool {
        switch authentication {
        case .enterpriseIdP, .tokenExchange, .tokenForwarding: true
        case .none, .authorizationCode: false
        }
    }
}
