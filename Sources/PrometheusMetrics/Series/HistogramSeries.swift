// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import NIOConcurrencyHelpers

/// Observations counted by upper bound: an aggregating recorder, or a timer, which observes seconds.
final class HistogramSeries: RecorderHandler, TimerHandler {
    /// The counts at one moment.
    struct Snapshot: Sendable {
        /// Observations up to and including each bound.
        var cumulative: [UInt64]
        var count: UInt64
        var sum: Double
    }

    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    let bounds: [Double]
    private let state: NIOLockedValueBox<State>

    /// - Parameter bounds: Ascending upper bounds; one more bucket, for what is above them all, is added.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = NIOLockedValueBox(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// Ignores not-a-number, which belongs to no bucket and would spoil the sum for ever.
    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLockedValue { state in
            state.counts[bucket] &+= 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var snapshot: Snapshot {
        let state = state.withLockedValue { $0 }
        var running: UInt64 = 0
        let cumulative = state.counts.map { count in
            running &+= count
            return running
        }
        return Snapshot(cumulative: cumulative.dropLast(), count: running, sum: state.sum)
    }
}
