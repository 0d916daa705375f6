// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import ControllerRuntime
package import KubernetesAPI
import Logging
import MCPServerAPI
import NIOConcurrencyHelpers
import RouteTable

/// Keeps one MCPServer's route and status equal to what its spec, its Secrets and the configuration say.
///
/// Level-triggered: it looks at the present, and a second run writes nothing. Invalid or unresolved means no route;
/// what could not be learnt for now, a refused read among it, leaves the last good route where it is.
package struct MCPServerReconciler: Reconciler {
    /// How long until a refused read is tried again: nothing tells of a right that was given.
    static let deniedRetry = Duration.seconds(30)

    private let servers: any ServerReader
    private let judge: SpecJudge
    private let resolver: ReferenceResolver
    private let publisher: any RoutePublisher
    private let status: any StatusWriter
    private let events: any EventRecording
    private let metrics: OperatorMetrics
    private let now: @Sendable () -> KubernetesTime
    private let ledger = NIOLockedValueBox(StatusLedger())

    package init(
        sources: ReconcilerSources,
        trust: TrustConfiguration,
        requiresSecretLabel: Bool,
        cryptography: Cryptography,
        publisher: any RoutePublisher,
        status: any StatusWriter,
        events: any EventRecording,
        metrics: OperatorMetrics,
        now: @escaping @Sendable () -> KubernetesTime
    ) {
        servers = sources.servers
        judge = SpecJudge(trust: trust, metadata: sources.metadata)
        resolver = ReferenceResolver(
            secrets: sources.secrets,
            grants: sources.grants,
            cryptography: cryptography,
            requiresLabel: requiresSecretLabel
        )
        self.publisher = publisher
        self.status = status
        self.events = events
        self.metrics = metrics
        self.now = now
    }

    /// Tells whether a change is but the echo of a status that was written here.
    ///
    /// It keeps the ledger and not the reconciler, which reads the stores that call it.
    var isEcho: @Sendable (StoreChange<MCPServer>) -> Bool {
        { [ledger] change in
            guard let metadata = change.new?.metadata else { return false }
            return ledger.withLockedValue { $0.isEcho(metadata) }
        }
    }

    package func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome {
        let routeKey = RouteKey(key)
        guard let record = try await servers.server(key), record.metadata.deletionTimestamp == nil else {
            publisher.withdraw(routeKey)
            ledger.withLockedValue { $0.forget(key) }
            metrics.count(key, as: nil, programmed: nil)
            status.forget(key)
            return .settled
        }
        let judgement = try await judge.judge(record)
        let isSuspended = record.isSuspended
        let isRefused = isSuspended || judgement.accepted.status == .false
        // Before anything that may fail: what must not be served is not served.
        if isRefused { publisher.withdraw(routeKey) }
        let references = try await resolver.resolve(
            judgement.server?.credentialReferences ?? [],
            of: key.namespace,
            auth: judgement.configuration?.auth,
            endpoints: judgement.endpoints
        )
        if let route = RouteBuilder.route(for: record.metadata, judgement, references) {
            publisher.publish(VersionedRoute(route, digest: resolver.cryptography.digest))
        } else if references.condition.status == .false || judgement.isComplete(references) {
            publisher.withdraw(routeKey)
        } else if !isRefused {
            // After a restart it is gateways that have the last good one.
            publisher.hold(routeKey)
        }
        let previous = ledger.withLockedValue { $0.newest(record) }
        let programmed = programmed(record, previous, isSuspended: isSuspended)
        if let condition = programmed.condition {
            let observation = StatusObservation(
                generation: record.metadata.generation,
                accepted: AcceptedMessage.complete(judgement, references),
                resolvedRefs: references.condition,
                programmed: condition,
                authMode: judgement.configuration?.auth.mode ?? judgement.server?.spec.authMode,
                credentials: references.credentials,
                gateways: programmed.gateways
            )
            try await write(observation, on: record, after: previous, sharesClient: references.sharesClient, context)
        }
        var retries = [judgement.retryAfter, programmed.recheck].compactMap(\.self)
        if references.condition.status == .unknown { retries.append(Self.deniedRetry) }
        return retries.min().map { .requeue(after: $0) } ?? .settled
    }

    private func programmed(
        _ record: ServerRecord,
        _ previous: MCPServerStatus?,
        isSuspended: Bool
    ) -> ProgrammedDecision {
        if isSuspended {
            return ProgrammedDecision(
                condition: ConditionState(
                    .suspended,
                    "The server is suspended. Remove spec.suspended to serve it again."
                )
            )
        }
        let (key, before) = (RouteKey(record.metadata.key), previous?.condition(.programmed))
        if publisher.holds(key), let kept = ProgrammedDecision.kept(before) { return kept }
        return ProgrammedDecision.decide(
            publisher.progress(of: key),
            previous: before,
            generation: record.metadata.generation
        )
    }

    /// Writes the status if it changed, and then tells of the transitions.
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

/// Where a reconciler reads.
package struct ReconcilerSources: Sendable {
    /// The servers as they are now.
    package var servers: any ServerReader
    /// The Secrets that servers name.
    package var secrets: any SecretReader
    /// Who may use the Secrets of another namespace.
    package var grants: any GrantReader
    package var metadata: any MetadataSource

    package init(
        servers: any ServerReader,
        secrets: any SecretReader,
        grants: any GrantReader,
        metadata: any MetadataSource
    ) {
        self.servers = servers
        self.secrets = secrets
        self.grants = grants
        self.metadata = metadata
    }
}

extension ServerRecord {
    /// Whether the author has taken the server out of service; unreadable specs are not in service anyway.
    var isSuspended: Bool {
        guard case .spec(let spec) = content else { return false }
        return spec.suspended == true
    }
}

extension SpecJudgement {
    /// Whether nothing is open any more, so that a missing route is the final word.
    func isComplete(_ references: ResolvedReferences) -> Bool {
        accepted.status != .unknown && references.condition.status != .unknown
    }
}
