// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Bounds how many event streams there are at once.
final class StreamSeats: Sendable {
    private let limit: Int
    private let taken = NIOLockedValueBox(0)

    init(limit: Int) { self.limit = limit }

    /// Room for one more; `nil` if there is none.
    func take() -> StreamSeat? {
        let hasRoom = taken.withLockedValue { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        return hasRoom ? StreamSeat(self) : nil
    }

    fileprivate func leave() { taken.withLockedValue { $0 -= 1 } }
}

/// Room for one stream, given back once: by ``leave()``, or with the last reference.
final class StreamSeat: Sendable {
    private let seats: StreamSeats
    private let isTaken = NIOLockedValueBox(true)

    fileprivate init(_ seats: StreamSeats) { self.seats = seats }

    deinit { leave() }

    func leave() {
        let wasTaken = isTaken.withLockedValue { isTaken in
            defer { isTaken = false }
            return isTaken
        }
        if wasTaken { seats.leave() }
    }
}
