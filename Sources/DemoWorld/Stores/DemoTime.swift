// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import JOSE

/// What the time is and how to wait, both of which tests choose.
package struct DemoTime: Sendable {
    /// The time by which tokens are judged.
    package let now: @Sendable () -> NumericDate
    /// Waits.
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> NumericDate,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The system's clocks.
    package static let system = DemoTime(
        now: { NumericDate(sinceEpoch: .seconds(Date().timeIntervalSince1970)) },
        sleep: { try await Task.sleep(for: $0) }
    )
}
