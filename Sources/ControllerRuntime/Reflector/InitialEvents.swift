// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import Timing

/// What a watch has told of the state it begins with, kept aside until that is complete.
///
/// Holds one item for each object there is, like the pages of a list.
final class InitialEvents<Object: KubernetesResource>: Sendable {
    private struct State: Sendable {
        var items: [ObjectKey: DecodedObject<Object>] = [:]
        /// Items without a name.
        var unreadable: [DecodedObject<Object>] = []
        var count = 0
        var hasEnded = false
    }

    private let state = NIOLockedValueBox(State())
    private let turn = Latch()
    private let ended = Latch()

    /// A server that says nothing for so long does not know that it was asked for what there is.
    static var longestSilence: Duration { .seconds(30) }
    /// How often it is looked whether something came.
    private static var period: Duration { .seconds(10) }

    // MARK: Events

    /// Keeps the last of each object, as the store will have it.
    func collect(_ event: WatchEvent<Object>) {
        state.withLockedValue { state in
            state.count += 1
            switch event {
            case .applied(let item):
                if let key = item.metadata?.key { state.items[key] = item } else { state.unreadable.append(item) }
            case .deleted(let item):
                if let key = item.metadata?.key { state.items[key] = nil }
            case .bookmark, .initialEventsEnd, .error, .unknown: break
            }
        }
    }

    /// Hands over what was collected; the state is complete.
    func take() -> [DecodedObject<Object>] {
        defer { end() }
        return state.withLockedValue { state in
            defer {
                state.items = [:]
                state.unreadable = []
            }
            return Array(state.items.values) + state.unreadable
        }
    }

    /// The state is complete, or will not be.
    func end() {
        state.withLockedValue { $0.hasEnded = true }
        ended.open()
    }

    // MARK: Taking turns

    /// Lets the watch begin, and returns when what it begins with is complete.
    func holdTurn() async {
        turn.open()
        await ended.wait()
    }

    func waitForTurn() async { await turn.wait() }

    // MARK: Silence

    /// Whether nothing comes for too long before the state is complete; warns before.
    func isSilent(_ clock: any Clock<Duration>, _ logger: Logger) async -> Bool {
        await turn.wait()
        var seen = 0
        var silence = Duration.zero
        while true {
            do { try await clock.sleep(for: Self.period) } catch { return false }
            let (count, hasEnded) = state.withLockedValue { ($0.count, $0.hasEnded) }
            if hasEnded { return false }
            silence = count == seen ? silence + Self.period : .zero
            seen = count
            if silence >= Self.longestSilence { return true }
            if silence == Self.period {
                logger.warning("The API server has not said for a while whether this is all there is")
            }
        }
    }
}
