// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Timing

/// Until when this replica leads, where many tasks can ask.
final class LeadershipHold: Sendable {
    private let until = NIOLockedValueBox<Duration?>(nil)
    private let time: ElapsedTime

    init(time: ElapsedTime) { self.time = time }

    /// Leads until then; with `nil` no longer.
    func set(_ until: Duration?) { self.until.withLockedValue { $0 = until } }

    /// Whether the time of now is within the hold.
    var isHeld: Bool {
        guard let until = until.withLockedValue({ $0 }) else { return false }
        return time.now <= until
    }
}
