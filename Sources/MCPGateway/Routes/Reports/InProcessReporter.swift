// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import Logging
package import RouteTable
import Timing

/// Tells the operator in the same process what became of the routes it published, as a ``RouteReporter`` tells one
/// elsewhere.
///
/// Each report is a full one: nothing can be lost on the way, and an operator that has published the same version anew
/// waits for another answer about it.
package struct InProcessReporter: Sendable {
    /// How often verdicts are asked for again that depend on more than the route.
    private static let interval = Duration.seconds(15)

    private let routes: LiveRoutes
    private let judge: any RouteJudge
    private let logger: Logger
    private let time: ElapsedTime
    private let receive: @Sendable (GatewayReport) -> Void

    /// - Parameters:
    ///   - routes: What is judged.
    ///   - judge: Whether requests may use a route.
    ///   - logger: Told of routes that may not be used.
    ///   - clock: For the pauses.
    ///   - receive: The operator; must not wait.
    package init(
        about routes: LiveRoutes,
        judge: any RouteJudge,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        to receive: @escaping @Sendable (GatewayReport) -> Void
    ) {
        self.routes = routes
        self.judge = judge
        self.logger = logger
        time = ElapsedTime(clock)
        self.receive = receive
    }

    /// Reports until the task is cancelled.
    package func run() async {
        let changes = routes.changes()
        var said: [RouteKey: GatewayReport.Entry] = [:]
        var open = OpenVerdicts()
        do {
            while true {
                let picture = try await changes.next(atMost: open.pause ?? Self.interval, time)
                guard picture.hasSynced else { continue }
                let verdicts = picture.snapshot.sorted.map { route in
                    GatewayReport.Entry(key: route.route.key, version: route.version, outcome: judge.judge(route))
                }
                let entries = open.settled(among: verdicts, at: time.now)
                log(entries.filter { said[$0.key] != $0 })
                said = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
                receive(GatewayReport(revision: picture.snapshot.revision, isFull: true, entries: entries))
            }
        } catch {
            // Cancellation, which is how it ends.
        }
    }

    private func log(_ entries: [GatewayReport.Entry]) {
        for entry in entries { entry.logRefusal(to: logger) }
    }
}
