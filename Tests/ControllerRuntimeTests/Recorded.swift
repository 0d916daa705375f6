// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Values noted down by concurrent code.
final class Recorded<Value: Sendable>: Sendable {
    private let values = NIOLockedValueBox<[Value]>([])

    var all: [Value] { values.withLockedValue { $0 } }
    func append(_ value: Value) { values.withLockedValue { $0.append(value) } }
}
