// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import Logging
import MCPServerAPI
import NIOConcurrencyHelpers
import RouteTable

/// The second half of a reconcile: writes what was found into a server's status, if that changes it, and tells of the
/// transitions.
package struct StatusReporter: Sendable {
    private let servers: any ServerReader
    private let publisher: any RoutePublisher
    private let status: any StatusWriter
    private let events: any EventRecording
    private let metrics: OperatorMetrics
    private let now: @Sendable () -> KubernetesTime
    private let ledger = NIOLockedValueBox(StatusLedger())

    init(
        servers: any ServerReader,
        publisher: any RoutePublisher,
        status: any StatusWriter,
        events: any EventRecording,
        metrics: OperatorMetrics,
        now: @escaping @Sendable () -> KubernetesTime
    ) {
        self.servers = servers
        self.publisher = publisher
        self.status = status
        self.events = events
        self.metrics = metrics
        self.now = now
    }

    /// Tells whether a change is but the echo of a status that was written here.
    ///
    /// It keeps the ledger and not the reporter, which reads the stores that call it.
    var isEcho: @Sendable (StoreChange<MCPServer>) -> Bool {
        { [ledger] change in
            guard let metadata = change.new?.metadata else { return false }
            return ledger.withLockedValue { $0.isEcho(metadata) }
        }
    }

    /// The server is gone.
    func forget(_ key: ObjectKey) {
        ledger.withLockedValue { $0.forget(key) }
        metrics.count(key, as: nil, programmed: nil)
        status.forget(key)
    }

    /// Writes the status, if there is anything new.
    ///
    /// What is there now is read again: another write may have come between. A finding about an older spec is passed
    /// over, because whoever brings the newer one brings a finding about it.
    ///
    /// - Returns: When to look at the server again although nothing happens; `nil` for not at all.
    func report(_ finding: ServerFinding, on key: ObjectKey, _ context: ReconcileContext) async throws -> Duration? {
        let written = ledger.withLockedValue { $0.entry(key) }
        guard let record = try await servers.server(key), finding.isAbout(record) else { return nil }
        let previous = ledger.withLockedValue { $0.newest(record, written) }
        let programmed = programmed(finding, key, previous)
        guard let condition = programmed.condition else { return programmed.recheck }
        let observation = StatusObservation(
            generation: finding.generation,
            accepted: finding.accepted,
            resolvedRefs: finding.resolvedRefs,
            programmed: condition,
            authMode: finding.authMode,
            credentials: finding.credentials,
            gateways: programmed.gateways
        )
        try await write(observation, on: record, after: previous, sharesClient: finding.sharesClient, context)
        return programmed.recheck
    }

    private func programmed(
        _ finding: ServerFinding,
        _ key: ObjectKey,
        _ previous: MCPServerStatus?
    ) -> ProgrammedDecision {
        if finding.isSuspended {
            return ProgrammedDecision(
                condition: ConditionState(
                    .suspended,
                    "The server is suspended. Remove spec.suspended to serve it again."
                )
            )
        }
        let (routeKey, before) = (RouteKey(key), previous?.condition(.programmed))
        if publisher.holds(routeKey), let kept = ProgrammedDecision.kept(before) { return kept }
        return ProgrammedDecision.decide(
            publisher.progress(of: routeKey),
            previous: before,
            generation: finding.generation
        )
    }

    private func write(
        _ observation: StatusObservation,
        on record: ServerRecord,
        after previous: MCPServerStatus?,
        sharesClient: Bool,
        _ context: ReconcileContext
    ) async throws {
        metrics.count(record.metadata.key, as: observation.state, programmed: observation.programmed.reason)
        // Somebody looked at a newer spec than this copy: the next event brings it here.
        if let previous, previous.isNewer(than: observation.generation) { return }
        let status = MCPServerStatus.derived(from: previous, observation, now: now().description)
        guard status != previous else { return }
        guard let version = try await self.status.write(status, to: record.metadata) else { return }
        ledger.withLockedValue { $0.record(status, on: record.metadata, as: version) }
        metrics.wroteStatus()
        var transitions = TransitionEvent.transitions(from: previous, to: status)
        if sharesClient, !AcceptedMessage.tellsOfSharedClient(previous) {
            transitions.append(
                TransitionEvent(isWarning: true, reason: "SharedClientSecret", message: AcceptedMessage.sharedClient)
            )
        }
        for transition in transitions { events.record(transition, regarding: record.metadata) }
        context.logger.debug(
            "Wrote status",
            metadata: ["state": "\(observation.state.rawValue)", "reason": "\(observation.ready.reason.rawValue)"]
        )
    }
}
