// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The two clocks the operator reads.
package struct OperatorTime: Sendable {
    /// For waiting.
    package var clock: any Clock<Duration>
    /// The time of day, since 1970-01-01T00:00:00Z.
    package var sinceEpoch: @Sendable () -> Duration

    package init(clock: any Clock<Duration>, sinceEpoch: @escaping @Sendable () -> Duration) {
        self.clock = clock
        self.sinceEpoch = sinceEpoch
    }
}
