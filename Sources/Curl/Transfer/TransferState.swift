// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What passes from the loop to the one reader of a response, and who waits.
///
/// A value whose methods return what is to be done; ``Transfer`` holds it under a lock and acts after releasing it.
/// Generic over the waiters, so that its transitions are tested without continuations.
struct TransferState<HeadWaiter: Sendable, BodyWaiter: Sendable>: Sendable {
    /// From this many unread bytes on, the peer has to wait.
    static var highWater: Int { 256 * 1024 }

    /// How a transfer ended.
    enum End: Sendable {
        case complete
        case failed(any Error)
    }

    /// What the reader of the body gets.
    enum Reading {
        /// `resume` is set if the peer was held back and may go on.
        case chunk([UInt8], resume: Bool)
        case end(End)
    }

    /// Whom to wake at the end of a turn of the loop, and with what.
    enum Wake {
        case nobody
        case head(HeadWaiter, Result<ResponseHead, any Error>)
        case body(BodyWaiter, Reading)
    }

    /// What a cancellation has to do.
    struct Cancellation {
        var head: HeadWaiter?
        var body: BodyWaiter?
        /// Whether the loop still works on the transfer.
        var endsTransfer: Bool
    }

    private enum Phase: Sendable {
        /// The head was not handed out yet.
        case opening(HeadWaiter?)
        /// The head was handed out, and the body is read.
        case open(BodyWaiter?)
        case cancelled
    }

    private var phase = Phase.opening(nil)
    private var head: ResponseHead?
    private var unread: [UInt8] = []
    private var end: End?
    private var isPaused = false

    /// Whether the caller gave up or dropped the body.
    var isCancelled: Bool {
        if case .cancelled = phase { true } else { false }
    }

    // MARK: The caller's side

    /// Registers who waits for the head.
    ///
    /// Returns `false` if the transfer is cancelled already.
    mutating func waitForHead(_ waiter: HeadWaiter) -> Bool {
        guard case .opening = phase else { return false }
        phase = .opening(waiter)
        return true
    }

    /// Takes what the body's reader can have now; `nil` means that it has to wait.
    mutating func read() -> Reading? {
        if case .cancelled = phase { return .end(.failed(CancellationError())) }
        if !unread.isEmpty {
            defer {
                unread = []
                isPaused = false
            }
            return .chunk(unread, resume: isPaused)
        }
        return end.map { .end($0) }
    }

    /// As ``read()``, and keeps the waiter if there is nothing.
    mutating func read(orKeep waiter: BodyWaiter) -> Reading? {
        if let reading = read() { return reading }
        phase = .open(waiter)
        return nil
    }

    /// The caller gave up or dropped the body.
    mutating func cancel() -> Cancellation {
        defer {
            phase = .cancelled
            unread = []
        }
        switch phase {
        case .opening(let waiter): return Cancellation(head: waiter, body: nil, endsTransfer: end == nil)
        case .open(let waiter): return Cancellation(head: nil, body: waiter, endsTransfer: end == nil)
        case .cancelled: return Cancellation(head: nil, body: nil, endsTransfer: false)
        }
    }

    // MARK: The loop's side

    mutating func receive(_ head: ResponseHead) { self.head = head }

    /// Adds a piece of the body.
    ///
    /// Returns `false`, and keeps nothing, if the peer has to wait.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if case .cancelled = phase { return true }
        guard unread.count < Self.highWater else {
            isPaused = true
            return false
        }
        unsafe unread.append(contentsOf: bytes)
        return true
    }

    /// The transfer is over; the first end counts.
    mutating func finish(_ end: End) {
        if self.end == nil { self.end = end }
    }

    /// Decides whom to wake, once a turn of the loop.
    mutating func flush() -> Wake {
        switch phase {
        case .opening(let waiter?):
            if let head {
                phase = .open(nil)
                return .head(waiter, .success(head))
            }
            guard case .failed(let error) = end else { return .nobody }
            phase = .open(nil)
            return .head(waiter, .failure(error))
        case .open(let waiter?):
            guard let reading = read() else { return .nobody }
            phase = .open(nil)
            return .body(waiter, reading)
        case .opening, .open, .cancelled: return .nobody
        }
    }
}
