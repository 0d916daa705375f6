// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// What stands between a request body and curl: at most one chunk, and who waits for whom.
///
/// A value, so that its transitions are tested without curl; ``Upload`` holds it under a lock.
struct UploadState<Waiter: Sendable>: Sendable {
    /// What curl's read callback is told.
    enum Read {
        case bytes(ArraySlice<UInt8>, wake: Waiter?)
        /// Nothing is there yet; curl waits until it is resumed.
        case pause(wake: Waiter?)
        case end
        case abort(any Error)
    }

    private enum Source: Sendable {
        case open
        case ended
        case failed(any Error)
    }

    private var chunk: [UInt8]
    private var offset = 0
    private var source: Source
    private let length: Int?
    private var sent = 0
    private var isPaused = false
    private var waiter: Waiter?
    private(set) var isOver = false
    private let canRewind: Bool

    /// A body that is wholly there.
    init(bytes: [UInt8]) {
        chunk = bytes
        source = .ended
        length = bytes.count
        canRewind = true
    }

    /// A body that comes in chunks.
    init(streamOf length: Int?) {
        chunk = []
        source = .open
        self.length = length
        canRewind = false
    }

    /// Takes up to `capacity` bytes for curl.
    mutating func read(upTo capacity: Int) -> Read {
        if offset < chunk.count {
            let piece = chunk[offset..<min(offset + capacity, chunk.count)]
            guard sent + piece.count <= length ?? .max else { return .abort(Self.lengthMismatch) }
            offset = piece.endIndex
            sent += piece.count
            guard offset == chunk.count, !canRewind else { return .bytes(piece, wake: nil) }
            chunk = []
            offset = 0
            return .bytes(piece, wake: takeWaiter())
        }
        switch source {
        case .failed(let error): return .abort(error)
        case .ended: return length.map { $0 == sent } ?? true ? .end : .abort(Self.lengthMismatch)
        case .open:
            isPaused = true
            return .pause(wake: takeWaiter())
        }
    }

    /// Starts from the first byte again; `false` if the bytes are gone.
    mutating func rewind() -> Bool {
        guard canRewind else { return false }
        offset = 0
        sent = 0
        return true
    }

    /// Adds the next chunk.
    ///
    /// Returns whether curl must be resumed.
    mutating func deposit(_ next: [UInt8]) -> Bool {
        chunk = next
        offset = 0
        return unpause()
    }

    /// The source has no more.
    ///
    /// Returns whether curl must be resumed.
    mutating func end(_ error: (any Error)? = nil) -> Bool {
        source = error.map { .failed($0) } ?? .ended
        return unpause()
    }

    /// Asks for room for a chunk: `true` is room, `false` means stop, `nil` means that the waiter is kept.
    mutating func wait(_ waiter: Waiter) -> Bool? {
        if isOver { return false }
        if offset == chunk.count { return true }
        self.waiter = waiter
        return nil
    }

    /// Nothing more will be sent.
    mutating func cancel() -> Waiter? {
        isOver = true
        return takeWaiter()
    }

    private mutating func unpause() -> Bool {
        defer { isPaused = false }
        return isPaused
    }

    private mutating func takeWaiter() -> Waiter? {
        defer { waiter = nil }
        return waiter
    }

    private static var lengthMismatch: HTTPTransportError {
        HTTPTransportError(
            .invalidRequest,
            "Could not send a request body: it has not the declared length. Check who builds the request.",
            mayHaveBeenSent: true
        )
    }
}
