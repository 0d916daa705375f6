// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RouteTable
import Timing

/// One reader's stream, from its first line to its end.
///
/// Pulls a piece, writes it, and pulls the next once the connection takes more, so that a reader that does not read
/// holds the piece being written and what the system buffers for it.
struct RouteStream: Sendable {
    /// What a stream needs of the server it belongs to.
    struct Surroundings: Sendable {
        var settings: RouteServerSettings
        var time: ElapsedTime
        var metrics: RouteServiceMetrics
        var logger: Logger
    }

    private let surroundings: Surroundings
    private let stop: RouteReaderStop
    private let reader: RouteReader
    private let isWatch: Bool
    private let channel: any Channel
    private let seat: ReaderSeat
    private let state: NIOLockedValueBox<StreamState>

    /// - Parameters:
    ///   - reader: Where the lines come from.
    ///   - isWatch: Whether to go on once the table is complete.
    ///   - expiry: When the token expires, in the server's time.
    ///   - channel: The connection, to cut it.
    ///   - seat: Given back when the stream ends.
    ///   - surroundings: What all streams of the server share; the logger knows the reader.
    init(
        reader: RouteReader,
        isWatch: Bool,
        expiry: Duration?,
        channel: any Channel,
        seat: ReaderSeat,
        surroundings: Surroundings
    ) {
        self.reader = reader
        self.isWatch = isWatch
        self.channel = channel
        self.seat = seat
        self.surroundings = surroundings
        stop = reader.stop
        state = NIOLockedValueBox(
            StreamState(expiry: expiry, stall: surroundings.settings.stall, grace: surroundings.settings.grace)
        )
    }

    /// Sends lines until the stream ends, for whichever reason.
    ///
    /// - Throws: Whatever writing throws once the connection is gone.
    @concurrent
    func send(to writer: inout any ResponseBodyWriter, whileOpen request: RequestBody) async throws {
        surroundings.logger.info("Route stream opened", metadata: ["watch": "\(isWatch)"])
        var sent = 0
        defer { record(sent) }
        try await request.consumeWithInboundCloseHandler { _ in
            // Cancelled and waited for when the stream is over.
            async let _: Void = supervise()
            do { try await pump(to: &writer, &sent) } catch {
                endWithConnection()
                throw error
            }
        } onInboundClosed: {
            endWithConnection()
        }
    }

    @concurrent
    private func pump(to writer: inout any ResponseBodyWriter, _ sent: inout Int) async throws {
        var reader = reader
        var wasSynced = false
        var unconfirmed = 0
        while isWatch || !reader.isSynced, let piece = try await reader.next(upTo: surroundings.settings.pieceSize) {
            if sent == 0 || (wasSynced && !reader.isSynced) {
                surroundings.metrics.reset(sent == 0 ? .initial : .behind)
            }
            wasSynced = reader.isSynced
            beginWriting()
            try await writer.write(ByteBuffer(bytes: piece))
            unconfirmed += piece.count
            if unconfirmed >= surroundings.settings.pieceSize {
                // A write returns before the event loop has seen it. Once the loop has passed by, the next write knows
                // whether the connection takes more; without this a fast producer piles up pieces in the loop's queue.
                try await channel.eventLoop.submit {}.get()
                unconfirmed = 0
            }
            endWriting()
            sent += piece.count
            surroundings.metrics.sent(bytes: piece.count)
        }
        end(reader.isSynced && !isWatch ? .complete : .shutdown)
        beginWriting()
        try await writer.finish(nil)
        endWriting()
    }

    /// Ends the stream when its token expires, and cuts the connection of a reader that does not read.
    private func supervise() async {
        while true {
            let (check, isEnding) = state.withLockedValue { state in
                (state.check(at: surroundings.time.now), state.end != nil)
            }
            if isEnding { stop() }
            switch check {
            case .wait(let until):
                // Cancelled when the stream is over.
                do { try await surroundings.time.sleep(until: until) } catch { return }
            case .cut:
                channel.close(promise: nil)
                return
            }
        }
    }

    private func end(_ reason: StreamEnd) {
        state.withLockedValue { $0.end(reason, at: surroundings.time.now) }
        stop()
    }

    /// The connection is gone: the reader left, or the server cuts what is left when its grace is over.
    private func endWithConnection() { end(Task.isCancelled ? .shutdown : .disconnected) }

    private func beginWriting() { state.withLockedValue { $0.beginWriting(at: surroundings.time.now) } }

    private func endWriting() { state.withLockedValue { $0.endWriting() } }

    private func record(_ sent: Int) {
        let end = state.withLockedValue { $0.end } ?? .disconnected
        seat.leave()
        surroundings.metrics.ended(end)
        surroundings.logger.info("Route stream ended", metadata: ["reason": "\(end.rawValue)", "bytes": "\(sent)"])
    }
}
