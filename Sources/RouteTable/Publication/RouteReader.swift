// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One reader's place in the stream.
///
/// Pulled: it holds at most one table's worth of shared lines, and nothing is queued for it.
package struct RouteReader: Sendable {
    private enum Phase: Sendable {
        case starting
        /// Sends a table; what changes meanwhile follows afterwards.
        case table(remaining: ArraySlice<RouteLine>, revision: Int64)
        case following(cursor: Int64)
        case ended
    }

    private let broadcast: RouteBroadcast
    private var phase = Phase.starting
    private var beats: UInt64 = 0
    /// Ends this reader from another task; ``next(upTo:)`` then returns `nil`, even if it waits.
    package let stop: RouteReaderStop

    init(broadcast: RouteBroadcast) {
        self.broadcast = broadcast
        stop = RouteReaderStop()
    }

    /// Whether everything there was when the reader began, or began anew, has been handed out.
    package var isSynced: Bool {
        if case .following = phase { true } else { false }
    }

    /// The next lines to send, as whole lines of roughly `bytes` in total; waits while there are none, or no table.
    ///
    /// - Parameter bytes: Lines are added until they reach it, so one line more may come.
    /// - Returns: `nil` when the broadcast was closed, or ``stop`` was called.
    /// - Throws: `CancellationError`.
    package mutating func next(upTo bytes: Int = 64 << 10) async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            if stop.isStopped { return nil }
            switch phase {
            case .starting:
                guard let table = await broadcast.table(stop: stop) else {
                    try Task.checkCancellation()
                    phase = .ended
                    continue
                }
                beats = table.beats
                phase = .table(remaining: table.lines[...], revision: table.revision)
                return RouteLine(.reset(revision: table.revision, count: table.lines.count)).bytes
            case .table(let remaining, let revision):
                return send(remaining, revision, upTo: bytes)
            case .following(let cursor):
                switch broadcast.supply(after: cursor, beats: beats, upTo: bytes) {
                case .changes(let lines):
                    phase = .following(cursor: cursor + Int64(lines.count))
                    return Self.joined(lines)
                case .beat(let beat):
                    beats = beat
                    return RouteLine(.heartbeat).bytes
                case .nothing: await broadcast.wait(after: cursor, beats: beats, stop: stop)
                case .behind: phase = .starting
                case .closed: phase = .ended
                }
            case .ended: return nil
            }
        }
    }

    private mutating func send(_ remaining: ArraySlice<RouteLine>, _ revision: Int64, upTo bytes: Int) -> [UInt8] {
        var remaining = remaining
        var piece: [UInt8] = []
        while piece.count < bytes, let line = remaining.popFirst() { piece += line.bytes }
        if remaining.isEmpty {
            piece += RouteLine(.synced(revision: revision)).bytes
            phase = .following(cursor: revision)
        } else {
            phase = .table(remaining: remaining, revision: revision)
        }
        return piece
    }

    private static func joined(_ lines: [RouteLine]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.bytes.count })
        for line in lines { bytes += line.bytes }
        return bytes
    }
}
