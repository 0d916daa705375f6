// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Timing

/// How long a stream may go on: as long as its caller could begin it anew.
struct StreamTerm: Sendable {
    /// Until when, before it has to be renewed.
    let first: Duration
    let time: ElapsedTime
    /// For how much longer from now; `nil` if not at all.
    let renew: @Sendable () async -> Duration?

    /// The longest time that renewing may take before the stream ends.
    static let grace = Duration.seconds(4)

    /// Waits until the right to the stream ends.
    ///
    /// - Returns: `false` if the task was cancelled before.
    func lasts() async -> Bool {
        var wait = first
        while !Task.isCancelled {
            await time.pause(max(wait, .zero))
            if Task.isCancelled { return false }
            let renew = renew
            let next: Duration??
            do { next = try await withDeadline(Self.grace, clock: time.clock) { await renew() } } catch {
                // Cancelled: the stream is over.
                return false
            }
            guard let next, let next, next > .zero else { return !Task.isCancelled }
            wait = next
        }
        return false
    }
}
