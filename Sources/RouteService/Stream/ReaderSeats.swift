// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// How many streams may be open at once.
final class ReaderSeats: Sendable {
    private let taken = NIOLockedValueBox(0)
    private let maximum: Int
    private let metrics: RouteServiceMetrics

    init(maximum: Int, metrics: RouteServiceMetrics) {
        self.maximum = maximum
        self.metrics = metrics
    }

    /// A seat, which is free again once nobody holds it; `nil` if all are taken.
    func take() -> ReaderSeat? {
        let isFree = taken.withLockedValue { taken in
            guard taken < maximum else { return false }
            taken += 1
            metrics.reading(taken)
            return true
        }
        return isFree ? ReaderSeat(self) : nil
    }

    fileprivate func giveBack() {
        taken.withLockedValue { taken in
            taken -= 1
            metrics.reading(taken)
        }
    }
}

/// One stream's right to be open.
///
/// Given back at the latest with its last reference, because a response whose head cannot be written is dropped without
/// being asked for its body.
final class ReaderSeat: Sendable {
    private let seats: ReaderSeats
    private let isTaken = NIOLockedValueBox(true)

    fileprivate init(_ seats: ReaderSeats) { self.seats = seats }

    deinit { leave() }

    /// Gives the seat back; a second time does nothing.
    func leave() {
        let wasTaken = isTaken.withLockedValue { isTaken in
            defer { isTaken = false }
            return isTaken
        }
        if wasTaken { seats.giveBack() }
    }
}
