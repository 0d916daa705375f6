// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import Logging
package import Metrics
import Timing

/// Keeps a ``Store`` equal to what the API server holds of one kind in one scope.
///
/// Reads once what there is, by a watch that begins with it or else by a list, then watches, and survives whatever ends
/// a watch. No failure ends it: it keeps trying, while the store keeps the last state and says in ``Store/problems`` what
/// is wrong. Only of a kind that a cluster may lack can it be told to believe that it is gone.
package struct Reflector<Object: KubernetesResource>: Sendable {
    private let listWatch: any ListWatch<Object>
    private let store: Store<Object>
    private let scope: NamespaceScope
    private let machine: ReflectorStateMachine
    private let gate: ListGate
    private let metrics: ReflectorMetrics?
    private let logger: Logger
    private let time: ElapsedTime

    /// Makes a reflector that asks for nothing until it runs.
    ///
    /// `listWatch` must be limited to `scope`, and `store` made for it. `gate` is shared by the reflectors of one
    /// process. With `prefersStreaming` the server is first asked to begin the watch with everything there is, which costs it
    /// less memory than a list; one that cannot is listed. Reports to `metrics` under `reflector_*`; with `nil` nowhere. With
    /// an `absenceLimit` the server is believed when it has answered that many times in a row that the kind does not exist;
    /// without one never.
    package init(
        _ listWatch: any ListWatch<Object>,
        into store: Store<Object>,
        scope: NamespaceScope = .cluster,
        labelSelector: String? = nil,
        fieldSelector: String? = nil,
        prefersStreaming: Bool = true,
        absenceLimit: Int? = nil,
        gate: ListGate,
        metrics: (any MetricsFactory)? = nil,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        var logger = logger
        logger[metadataKey: "kind"] = "\(Object.resourceType.kind)"
        if case .namespace(let namespace) = scope { logger[metadataKey: "namespace"] = "\(namespace)" }
        self.listWatch = listWatch
        self.store = store
        self.scope = scope
        machine = ReflectorStateMachine(
            prefersStreaming: prefersStreaming,
            labelSelector: labelSelector,
            fieldSelector: fieldSelector,
            absenceLimit: absenceLimit,
            generator: generator
        )
        self.gate = gate
        self.metrics = metrics.map { ReflectorMetrics(kind: Object.resourceType.kind, factory: $0) }
        self.logger = logger
        time = ElapsedTime(clock)
    }

    /// Follows the server until the task is cancelled; the store is not changed after this returns.
    ///
    /// - Returns: What the server said if it no longer has the kind and that was to be believed. The store is empty then,
    ///   and its subscribers were told of each deletion.
    @discardableResult
    package func run() async -> APIError? { await run(listWatch) }

    private func run(_ source: some ListWatch<Object>) async -> APIError? {
        var machine = machine
        var pages: [[DecodedObject<Object>]] = []
        var action = machine.start()
        while true {
            if Task.isCancelled { action = machine.cancelled() }
            machine.advance(to: time.now)
            switch action {
            case .list(let options):
                if options.continueToken == nil { pages = [] }
                do {
                    let page = try await gate.pass { try await source.list(options) }
                    pages.append(page.items)
                    machine.advance(to: time.now)
                    action = machine.pageArrived(version: page.resourceVersion, continueToken: page.continueToken)
                } catch {
                    action = machine.listFailed(APIError(anything: error))
                }
            case .publish(let version):
                publish(pages, at: version)
                pages = []
                action = machine.published()
            case .watch(let options):
                let started = time.now
                metrics?.watching()
                let end: WatchEnd
                (machine, end) = await watch(source, options, machine)
                machine.advance(to: time.now)
                action = machine.watchEnded(end, lasted: time.now - started)
                if !Task.isCancelled { metrics?.watchEnded(end) }
                logger.debug("Watch ended", metadata: ["end": "\(end)"])
            case .sleep(let pause, let error):
                report(error, pause)
                // Ends early only by cancellation, which the loop sees next.
                do { try await time.clock.sleep(for: pause) } catch {}
                action = machine.slept()
            case .giveUp(let error):
                store.clear(in: scope)
                metrics?.changed(count: store.count)
                metrics?.degraded()
                return error
            case .stop:
                return nil
            }
        }
    }

    private func publish(_ pages: [[DecodedObject<Object>]], at version: ResourceVersion) {
        metrics?.read(isFirst: store.syncedTo(in: scope) == nil)
        let invalid = store.replace(with: pages, at: version, in: scope)
        metrics?.published(count: store.count, invalid: invalid)
        if invalid > 0 { logger.warning("Some objects could not be read", metadata: ["count": "\(invalid)"]) }
        logger.debug("Listed", metadata: ["resourceVersion": "\(version)"])
    }

    private func report(_ error: APIError, _ pause: Duration) {
        store.setProblem(error, in: scope)
        metrics?.degraded()
        logger.warning(
            "Could not follow the API server, will try again",
            metadata: ["error": "\(error)", "after": "\(pause)"]
        )
    }
}

// MARK: - Watching

extension Reflector {
    /// Reads one watch to its end, or until it is overdue.
    private func watch(
        _ source: some ListWatch<Object>,
        _ options: WatchOptions,
        _ machine: ReflectorStateMachine
    ) async -> (ReflectorStateMachine, WatchEnd) {
        let initial = options.sendsInitialEvents ? InitialEvents<Object>() : nil
        return await withTaskGroup(of: (ReflectorStateMachine, WatchEnd)?.self) { group in
            group.addTask { await self.follow(source, options, machine, initial) }
            group.addTask {
                // Ends early only when the watch has ended or the reflector is cancelled.
                do { try await time.clock.sleep(for: options.timeout + .seconds(30)) } catch {}
                return nil
            }
            if let initial {
                // A watch list is a list to the server, and waits for its turn like one.
                group.addTask {
                    // Ends early only by cancellation.
                    do { try await gate.pass { await initial.holdTurn() } } catch {}
                    await Self.untilCancelled()
                    return nil
                }
                group.addTask {
                    if await initial.isSilent(time.clock, logger) { return nil }
                    await Self.untilCancelled()
                    return nil
                }
            }
            var result: (ReflectorStateMachine, WatchEnd)?
            var isOverdue = false
            while let ended = await group.next() {
                if let ended { result = ended } else if result == nil { isOverdue = true }
                group.cancelAll()
            }
            guard let (machine, end) = result else { return (machine, .overdue) }
            return (machine, isOverdue ? .overdue : end)
        }
    }

    /// Keeps a task that has no more to do from ending its group.
    private static func untilCancelled() async { await Latch().wait() }

    /// Applies the events of one watch to the store as they arrive; those that tell what there is, together.
    private func follow(
        _ source: some ListWatch<Object>,
        _ options: WatchOptions,
        _ machine: ReflectorStateMachine,
        _ initial: InitialEvents<Object>?
    ) async -> (ReflectorStateMachine, WatchEnd) {
        var machine = machine
        defer { initial?.end() }
        do {
            await initial?.waitForTurn()
            let events = try await source.watch(options)
            if initial == nil { isFollowing() }
            for try await event in events {
                if Task.isCancelled { return (machine, .closed) }
                machine.advance(to: time.now)
                metrics?.heard()
                switch event {
                case .error(let error): return (machine, .failed(error))
                case .initialEventsEnd(let version):
                    guard machine.initialEventsEnded(version), let initial else { break }
                    publish([initial.take()], at: version)
                    isFollowing()
                case .applied, .deleted, .bookmark, .unknown: break
                }
                handle(event, &machine, initial)
            }
            return (machine, .closed)
        } catch {
            return (machine, .failed(APIError(anything: error)))
        }
    }

    private func isFollowing() {
        store.setProblem(nil, in: scope)
        metrics?.following()
    }

    private func handle(
        _ event: WatchEvent<Object>,
        _ machine: inout ReflectorStateMachine,
        _ initial: InitialEvents<Object>?
    ) {
        switch event {
        case .applied(let item), .deleted(let item):
            guard let metadata = item.metadata else {
                logger.warning("Skipped an object without readable metadata")
                if machine.isStreaming { initial?.collect(event) }
                return
            }
            machine.changeReceived(metadata.resourceVersion)
            if case .invalid(_, let error) = item {
                if !machine.isStreaming { metrics?.skippedInvalid() }
                logger.warning(
                    "An object could not be read",
                    metadata: ["object": "\(metadata.key)", "error": "\(error)"]
                )
            }
        case .bookmark(let version): machine.bookmarkReceived(version)
        case .initialEventsEnd: break
        case .unknown(let type):
            logger.debug("Skipped an unknown watch event", metadata: ["type": "\(type)"])
            return
        case .error: return
        }
        if machine.isStreaming, let initial {
            initial.collect(event)
        } else {
            store.apply(event, in: scope)
            metrics?.changed(count: store.count)
        }
    }
}

extension APIError {
    /// Whatever a request threw, as an error the state machine knows.
    fileprivate init(anything error: any Error) {
        if let error = error as? APIError {
            self = error
        } else {
            self.init(
                .transport,
                "Could not reach the API server: \(error). Check the network and the server's address."
            )
        }
    }
}
