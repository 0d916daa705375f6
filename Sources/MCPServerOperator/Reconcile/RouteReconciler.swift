// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import RouteTable

/// The first half of a reconcile: validates one server, resolves what it refers to and publishes its route.
///
/// Invalid or unresolved means no route. What is unknown (a provider that cannot be reached, a Secret that may not be
/// read) leaves the last good route where it is.
package struct RouteReconciler: Sendable {
    /// What a look at a server brought.
    struct Look: Sendable {
        /// `nil` if the server is gone.
        var finding: ServerFinding?
        /// When to look again although nothing happens.
        var retryAfter: Duration?
    }

    /// How long until a refused read is tried again: nothing tells of a right that was given.
    static let deniedRetry = Duration.seconds(30)

    private let servers: any ServerReader
    private let judge: SpecJudge
    private let resolver: ReferenceResolver
    private let publisher: any RoutePublisher

    init(
        sources: ReconcilerSources,
        trust: TrustConfiguration,
        requiresSecretLabel: Bool,
        cryptography: Cryptography,
        publisher: any RoutePublisher
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
    }

    /// Publishes the server's route, or takes it away, and tells what was found.
    func look(at key: ObjectKey) async throws -> Look {
        let routeKey = RouteKey(key)
        guard let record = try await servers.server(key), record.metadata.deletionTimestamp == nil else {
            publisher.withdraw(routeKey)
            return Look()
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
        let finding = ServerFinding(
            uid: record.metadata.uid,
            generation: record.metadata.generation,
            isSuspended: isSuspended,
            accepted: AcceptedMessage.complete(judgement, references),
            resolvedRefs: references.condition,
            authMode: judgement.configuration?.auth.mode ?? judgement.server?.spec.authMode,
            credentials: references.credentials,
            sharesClient: references.sharesClient
        )
        let denied = references.condition.status == .unknown ? Self.deniedRetry : nil
        return Look(finding: finding, retryAfter: [judgement.retryAfter, denied].compactMap(\.self).min())
    }
}

/// What reconcilers read.
package struct ReconcilerSources: Sendable {
    /// The servers as they are now.
    package var servers: any ServerReader
    /// The Secrets that servers name.
    package var secrets: any SecretReader
    /// Who may use the Secrets of another namespace.
    package var grants: any GrantReader
    /// What providers say about themselves.
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
