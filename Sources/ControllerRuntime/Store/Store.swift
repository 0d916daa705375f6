// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
import NIOConcurrencyHelpers
import Timing

/// The objects of one kind, kept equal to the API server by one ``Reflector`` for each scope.
///
/// Reads never wait for anything but a short lock, and what was read never changes. Subscribers are told of each
/// change in order, after objects and indexes have changed; they run on the reflector's task, so all they do is add
/// keys to a work queue. A subscriber may read the store, and must neither feed it nor subscribe.
package final class Store<Object: KubernetesResource>: Sendable {
    /// Called on the reflector's task, in the order of changes; adds keys to queues and returns.
    package typealias Subscriber = @Sendable (StoreChange<Object>) -> Void

    /// Called when following a scope fails in a new way, or works again: with the problem until now, and that from now on.
    package typealias ProblemObserver = @Sendable (NamespaceScope, _ before: APIError?, _ now: APIError?) -> Void

    private let state: NIOLockedValueBox<StoreState<Object>>
    private let synced = Latch()
    /// Held while the store changes and its subscribers are told, so that all of them see one order.
    private let subscribers = NIOLockedValueBox<[Int: Subscriber]>([:])
    private let problemObservers = NIOLockedValueBox<[ProblemObserver]>([])
    private let transform: (@Sendable (Object) -> Object)?

    /// - Parameters:
    ///   - scopes: What is watched to fill the store, one reflector each; none may contain another.
    ///   - indexes: By what objects can be found.
    ///   - transform: Applied once to each object before it is stored, to leave out what nobody reads.
    ///     Must leave the metadata's name, UID and version alone.
    package init(
        scopes: [NamespaceScope] = [.cluster],
        indexes: [any StoreIndexing<Object>] = [],
        transform: (@Sendable (Object) -> Object)? = nil
    ) {
        state = NIOLockedValueBox(StoreState(indexes: indexes, scopes: scopes))
        self.transform = transform
    }

    // MARK: Reading

    /// The object of that key, unless it is absent or could not be decoded.
    package subscript(_ key: ObjectKey) -> Object? { state.withLockedValue { $0.snapshot[key] } }

    /// Everything the store holds now, in O(1).
    package func snapshot() -> StoreSnapshot<Object> { state.withLockedValue { $0.snapshot } }

    /// The number of objects that could be decoded.
    package var count: Int { state.withLockedValue { $0.snapshot.count } }

    /// Whether the first list of every scope was stored and told to every subscriber.
    package var hasSynced: Bool { state.withLockedValue { $0.hasSynced } }

    /// Up to which version of the server's state this store has followed; `nil` before the first list.
    package func syncedTo(in scope: NamespaceScope = .cluster) -> ResourceVersion? {
        state.withLockedValue { $0.sources[scope]?.syncedTo }
    }

    /// Why the store may be behind the server, by scope; empty while every scope is followed.
    ///
    /// Detail for readiness and for telling a missing object from one that could not be seen.
    package var problems: [NamespaceScope: APIError] {
        state.withLockedValue { $0.sources.compactMapValues(\.problem) }
    }

    /// Why the store may be behind the server in that scope; `nil` while it is followed.
    package func problem(in scope: NamespaceScope) -> APIError? {
        state.withLockedValue { $0.sources[scope]?.problem }
    }

    // MARK: Following

    /// Calls `subscriber` for each change from now on, and first, at low priority, for each object already there.
    ///
    /// - Returns: What ``unsubscribe(_:)`` takes.
    @discardableResult
    package func subscribe(_ subscriber: @escaping Subscriber) -> StoreSubscription {
        subscribers.withLockedValue { subscribers in
            let id = (subscribers.keys.max() ?? 0) + 1
            subscribers[id] = subscriber
            let snapshot = snapshot()
            for object in snapshot.objects {
                let key = object.metadata.key
                subscriber(StoreChange(key: key, kind: .added, old: nil, new: object, priority: .low))
            }
            for key in snapshot.invalid.keys {
                subscriber(StoreChange(key: key, kind: .invalidated, old: nil, new: nil, priority: .low))
            }
            return StoreSubscription(id: id)
        }
    }

    /// Ends a subscription; once this returns, its closure is not called again.
    package func unsubscribe(_ subscription: StoreSubscription) {
        subscribers.withLockedValue { $0[subscription.id] = nil }
    }

    /// Calls `observer` whenever the code of a scope's problem changes, on the reflector's task; it adds keys and returns.
    package func observeProblems(_ observer: @escaping ProblemObserver) {
        problemObservers.withLockedValue { $0.append(observer) }
    }

    /// Tells every subscriber of every object again, at low priority, without asking the server.
    package func resync() {
        subscribers.withLockedValue { subscribers in
            let snapshot = snapshot()
            for object in snapshot.objects {
                let key = object.metadata.key
                let change = StoreChange(key: key, kind: .resynced, old: object, new: object, priority: .low)
                for subscriber in subscribers.values { subscriber(change) }
            }
        }
    }

    /// Returns once the first list of every scope has arrived and every subscriber has been told.
    ///
    /// - Throws: ``StoreSyncError`` if `timeout` passes first, or `CancellationError`. `nil` waits without limit,
    ///   for a start that shall outlast missing permissions; readiness tells of ``problems`` meanwhile.
    package func waitUntilSynced(
        timeout: Duration?,
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws {
        let isSynced = try await withDeadline(timeout, clock: clock) {
            await self.synced.wait()
            try Task.checkCancellation()
            return true
        }
        if isSynced == nil { throw syncError(timeout) }
    }

    private func syncError(_ timeout: Duration?) -> StoreSyncError {
        let kind = Object.resourceType.kind
        let said = problems.values.map(\.message).sorted().joined(separator: " ")
        return StoreSyncError(
            kind: kind,
            message: "Could not read the first list of '\(kind)' within \(timeout ?? .zero): "
                + (said.isEmpty ? "the API server has not answered. " : "\(said) ")
                + "Check that the kind is installed and that the service account may list and watch it."
        )
    }

    // MARK: Feeding

    /// Makes the store equal to a complete list; readers see the old state or the new one, nothing between.
    ///
    /// - Returns: How many items could not be decoded.
    @discardableResult
    package func replace(
        with pages: [[DecodedObject<Object>]],
        at version: ResourceVersion,
        in scope: NamespaceScope = .cluster
    ) -> Int {
        let pages = transform == nil ? pages : pages.map { $0.map(transformed) }
        return subscribers.withLockedValue { subscribers in
            let result = state.withLockedValue { $0.replace(with: pages, at: version, in: scope) }
            tell(result, subscribers.values)
            let hasSynced = state.withLockedValue { state in
                state.markSynced(scope)
                return state.hasSynced
            }
            if hasSynced { synced.open() }
            return result.unreadable + pages.reduce(0) { $0 + $1.count { $0.isInvalid } }
        }
    }

    /// Applies one line of a watch; errors and unknown lines change nothing.
    package func apply(_ event: WatchEvent<Object>, in scope: NamespaceScope = .cluster) {
        subscribers.withLockedValue { subscribers in
            let change: StoreChange<Object>?
            switch event {
            case .applied(let item):
                let item = transformed(item)
                change = state.withLockedValue { $0.apply(item, in: scope) }
            case .deleted(let item): change = state.withLockedValue { $0.delete(item, in: scope) }
            case .bookmark(let version), .initialEventsEnd(let version):
                state.withLockedValue { $0.advance(to: version, in: scope) }
                change = nil
            case .error, .unknown: change = nil
            }
            guard let change else { return }
            for subscriber in subscribers.values { subscriber(change) }
        }
    }

    /// Empties a scope whose kind the server no longer has; each object is told of as deleted.
    package func clear(in scope: NamespaceScope = .cluster) {
        subscribers.withLockedValue { subscribers in
            for change in state.withLockedValue({ $0.clear(scope) }) {
                for subscriber in subscribers.values { subscriber(change) }
            }
        }
    }

    /// Records why the scope cannot be followed now, or with `nil` that it can.
    package func setProblem(_ problem: APIError?, in scope: NamespaceScope = .cluster) {
        let before = state.withLockedValue { state in
            defer { state.setProblem(problem, in: scope) }
            return state.sources[scope]?.problem
        }
        guard before?.code != problem?.code else { return }
        for observer in problemObservers.withLockedValue({ $0 }) { observer(scope, before, problem) }
    }

    private func tell(_ result: StoreState<Object>.Replacement, _ subscribers: some Collection<Subscriber>) {
        let priority: WorkPriority = result.isInitial ? .low : .normal
        let snapshot = snapshot()
        for var change in result.tombstones + result.changed {
            change.priority = priority
            for subscriber in subscribers { subscriber(change) }
        }
        for key in result.added {
            let change = StoreChange(key: key, kind: .added, old: nil, new: snapshot[key], priority: priority)
            for subscriber in subscribers { subscriber(change) }
        }
    }

    private func transformed(_ item: DecodedObject<Object>) -> DecodedObject<Object> {
        guard let transform, case .valid(let object) = item else { return item }
        return .valid(transform(object))
    }
}

/// Names one subscription to a store.
package struct StoreSubscription: Hashable, Sendable {
    let id: Int
}

extension DecodedObject {
    fileprivate var isInvalid: Bool {
        guard case .invalid = self else { return false }
        return true
    }
}
