// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import NIOConcurrencyHelpers

/// Waits for every object of the first lists to have been reconciled once.
///
/// The table of routes is whole only then; served before, it would take routes away from the gateways that have them.
final class FirstPass: Sendable {
    private enum State: Sendable {
        /// The lists are not there yet; some objects may be done already.
        case listing(done: Set<ObjectKey>)
        case waiting(remaining: Set<ObjectKey>)
        case complete
    }
    private let state = NIOLockedValueBox(State.listing(done: []))
    private let whenComplete: @Sendable () -> Void

    /// Calls `whenComplete` once.
    init(whenComplete: @escaping @Sendable () -> Void) { self.whenComplete = whenComplete }

    /// The first lists hold these objects.
    func begin(with keys: some Sequence<ObjectKey>) {
        advance { state in
            guard case .listing(let done) = state else { return }
            state = .waiting(remaining: Set(keys).subtracting(done))
        }
    }

    /// The object has been reconciled without a failure, or is gone.
    func finish(_ key: ObjectKey) {
        advance { state in
            switch state {
            // Taken out first, so that the sets are changed in place.
            case .listing(var done):
                state = .complete
                done.insert(key)
                state = .listing(done: done)
            case .waiting(var remaining):
                state = .complete
                remaining.remove(key)
                state = .waiting(remaining: remaining)
            case .complete: break
            }
        }
    }

    /// Gives up waiting: an object that cannot be reconciled must not keep the others from being served.
    ///
    /// - Parameter body: Gets each object that is left, before the pass is called complete.
    /// - Returns: How many are left; 0 if nothing was given up.
    func giveUp(_ body: (ObjectKey) -> Void) -> Int {
        var left = 0
        advance { state in
            guard case .waiting(let remaining) = state else { return }
            left = remaining.count
            remaining.forEach(body)
            state = .waiting(remaining: [])
        }
        return left
    }

    private func advance(_ body: (inout State) -> Void) {
        let isComplete = state.withLockedValue { state in
            body(&state)
            guard case .waiting(let remaining) = state, remaining.isEmpty else { return false }
            state = .complete
            return true
        }
        if isComplete { whenComplete() }
    }
}

/// Tells a ``FirstPass`` what has been reconciled.
struct FirstPassReconciler: Reconciler {
    let base: any Reconciler
    let firstPass: FirstPass

    func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome {
        let outcome = try await base.reconcile(key, context)
        firstPass.finish(key)
        return outcome
    }
}
