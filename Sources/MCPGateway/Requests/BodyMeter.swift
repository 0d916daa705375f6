// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Measures a request's body on its way.
final class BodyMeter: Sendable {
    private let rest: NIOLockedValueBox<Int>

    init(limit: Int) { rest = NIOLockedValueBox(limit) }

    /// Whether so many bytes more are not too many.
    func take(_ count: Int) -> Bool {
        rest.withLockedValue { rest in
            rest -= count
            return rest >= 0
        }
    }
}
