// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import NIOConcurrencyHelpers

/// Answers lists and watches from a script and remembers what it was asked.
final class ScriptedListWatch: ListWatch {
    typealias Object = Gadget
    typealias Events = AsyncThrowingStream<WatchEvent<Gadget>, any Error>

    enum Request: Hashable, Sendable {
        case list(ListOptions)
        case watch(WatchOptions)
    }

    private let recorded = NIOLockedValueBox<[Request]>([])
    private let listing: @Sendable (ListOptions, _ number: Int) async throws -> ListPage<Gadget>
    private let watching: @Sendable (WatchOptions, _ number: Int) async throws -> Events

    /// The closures also get the number of the request among those of its sort, from 1.
    init(
        list: @escaping @Sendable (ListOptions, _ number: Int) async throws -> ListPage<Gadget>,
        watch: @escaping @Sendable (WatchOptions, _ number: Int) async throws -> Events
    ) {
        listing = list
        watching = watch
    }

    var requests: [Request] { recorded.withLockedValue { $0 } }
    var lists: [ListOptions] {
        requests.compactMap { if case .list(let options) = $0 { options } else { nil } }
    }
    var watches: [WatchOptions] {
        requests.compactMap { if case .watch(let options) = $0 { options } else { nil } }
    }

    func list(_ options: ListOptions) async throws -> ListPage<Gadget> {
        recorded.withLockedValue { $0.append(.list(options)) }
        return try await listing(options, lists.count)
    }

    func watch(_ options: WatchOptions) async throws -> Events {
        recorded.withLockedValue { $0.append(.watch(options)) }
        return try await watching(options, watches.count)
    }
}

extension AsyncThrowingStream<WatchEvent<Gadget>, any Error> {
    /// A watch with these events that then ends, fails or stays open.
    static func events(_ events: [WatchEvent<Gadget>], then end: ScriptedEnd) -> Self {
        Self { continuation in
            for event in events { continuation.yield(event) }
            switch end {
            case .close: continuation.finish()
            case .fail(let error): continuation.finish(throwing: error)
            case .stayOpen: break
            }
        }
    }
}

enum ScriptedEnd: Sendable {
    case close
    case fail(any Error)
    case stayOpen
}
