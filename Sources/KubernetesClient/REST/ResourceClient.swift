// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
package import JSON
package import KubernetesAPI

/// Reads and writes the objects of one resource type.
///
/// A cheap value. Every method throws ``APIError``, or `CancellationError`. Objects are never replaced whole (`PUT`),
/// because what this client does not model would be lost; a ``Lease`` is, which keeps what it does not model.
package struct ResourceClient<Resource: KubernetesResource>: Sendable {
    /// Where ``list(_:)`` and ``watch(_:)`` look.
    package let scope: NamespaceScope
    private let sender: RequestSender
    private var type: ResourceType { Resource.resourceType }

    init(scope: NamespaceScope, sender: RequestSender) {
        self.scope = scope
        self.sender = sender
    }

    /// Reads one object, at its most recent.
    package func get(_ key: ObjectKey) async throws -> Resource {
        try await object(.get(key, of: type, as: Resource.representation))
    }

    /// Reads one page of a list, item by item as it arrives.
    package func list(_ options: ListOptions = ListOptions()) async throws -> ListPage<Resource> {
        let request = try APIRequest.list(type, in: scope, options, as: Resource.representation)
        return try await sender.send(request) { response in
            try await ListReader<Resource>.page(response, request)
        }
    }

    /// Starts a watch, and returns once the server has accepted it.
    ///
    /// Not retried but for a rotated token: whoever follows a resource paces its own watches.
    package func watch(_ options: WatchOptions) async throws -> WatchSequence<Resource> {
        let request = try APIRequest.watch(type, in: scope, options, as: Resource.representation)
        return try await sender.send(request, idleDeadline: options.idleDeadline, lifetime: options.timeout) {
            WatchSequence(body: $0.body, request: request)
        }
    }

    /// Creates an object.
    ///
    /// Not repeated when it is uncertain whether the server got it; see ``APIError/mayHaveBeenApplied``.
    package func create(_ body: JSONValue, namespace: String) async throws -> Resource {
        try await object(.create(body, of: type, namespace: namespace, answer: Resource.representation))
    }

    /// Applies the fields of `body`, which must be all that `fieldManager` wants set.
    ///
    /// With `force`, fields are taken over from other managers; else that is ``APIError/Code/conflict`` with the fields as
    /// causes. With a `subresource`, the server ignores the rest of `body`. The object returned has its old version if
    /// nothing changed.
    package func apply(
        _ body: JSONValue,
        to key: ObjectKey,
        fieldManager: String,
        force: Bool,
        subresource: Subresource? = nil
    ) async throws -> Resource {
        try await object(
            .apply(
                body,
                to: key,
                of: type,
                fieldManager: fieldManager,
                force: force,
                subresource: subresource,
                answer: Resource.representation
            )
        )
    }

    /// Changes the members that `patch` names; a `null` deletes one.
    package func mergePatch(
        _ patch: JSONValue,
        to key: ObjectKey,
        fieldManager: String,
        subresource: Subresource? = nil
    ) async throws -> Resource {
        try await object(
            .mergePatch(
                patch,
                to: key,
                of: type,
                fieldManager: fieldManager,
                subresource: subresource,
                answer: Resource.representation
            )
        )
    }

    /// Deletes the object with that `uid`, or with `nil` whatever bears the name.
    ///
    /// A namesake created since is left alone with ``APIError/Code/conflict``.
    package func delete(_ key: ObjectKey, uid: String?) async throws {
        let request = try APIRequest.delete(key, of: type, uid: uid)
        // The answer is a Status or the object as it was; neither is needed.
        _ = try await sender.send(request) { try await ObjectReader<Resource>.answer($0, request) }
    }

    /// Waits a moment, so that two writers do not go on in step.
    func pause() async throws { try await sender.pause(10...20) }

    /// Sends a request whose answer is one object.
    func object(_ request: APIRequest) async throws -> Resource {
        try await sender.send(request) { try await ObjectReader<Resource>.object($0, request) }
    }
}
