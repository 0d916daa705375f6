// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Measures the messages in an upstream's body, so that none is larger than a client has to expect.
///
/// A JSON body is one message; an event stream has one between each two empty lines.
struct MessageMeter: Hashable, Sendable {
    private let limit: Int
    private let endsAtEmptyLine: Bool
    private var size = 0
    /// How many line ends there were in a row; a carriage return before a line feed is a part of it.
    private var lineEnds = 0
    private var followsCarriageReturn = false

    init(_ content: UpstreamContent, limit: Int) {
        self.limit = limit
        endsAtEmptyLine = content == .events
    }

    /// Takes a piece of the body into account.
    ///
    /// - Returns: Whether no message was too large so far.
    mutating func take(_ piece: [UInt8]) -> Bool {
        guard endsAtEmptyLine else {
            size += piece.count
            return size <= limit
        }
        // A piece that fits in any case ends wherever its last event ends.
        for byte in piece {
            size += 1
            switch byte {
            case UInt8(ascii: "\n"):
                if !followsCarriageReturn { lineEnds += 1 }
                followsCarriageReturn = false
            case UInt8(ascii: "\r"):
                lineEnds += 1
                followsCarriageReturn = true
            default:
                lineEnds = 0
                followsCarriageReturn = false
            }
            if lineEnds >= 2 {
                size = 0
            } else if size > limit {
                return false
            }
        }
        return true
    }
}
