// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import NIOConcurrencyHelpers

/// Everything a store has told.
final class Changes: Sendable {
    private let recorded = NIOLockedValueBox<[StoreChange<Gadget>]>([])

    init(_ store: Store<Gadget>) {
        store.subscribe { [recorded] change in recorded.withLockedValue { $0.append(change) } }
    }

    var all: [StoreChange<Gadget>] { recorded.withLockedValue { $0 } }
    func clear() { recorded.withLockedValue { $0 = [] } }
}
