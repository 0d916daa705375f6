// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import HTTPTransport

/// The loop's side of one transfer.
///
/// Used by the loop thread alone.
final class ActiveTransfer {
    let transfer: Transfer
    unowned let thread: LoopThread
    let lane: Admission<ObjectIdentifier>.Lane
    var deadlines: TransferDeadlines
    /// Set while curl works on it; `nil` while it waits for its turn.
    var running: (easy: EasyHandle, pool: ConnectionPool)?
    var isAdmitted = false
    /// Whether its reader is to be woken at the end of this turn.
    var isDirty = false
    /// Decided in a callback; told once curl has ended the transfer.
    var failure: (any Error)?
    /// How often the request went out: more than once only if it may be resent.
    var sendCount = 0
    private var parser = ResponseHeadParser()
    private var bodyLength = 0
    private var forbidden: IPAddress?
    private var hasDialled = false
    private var isReceivePaused = false
    private var isSendPaused = false

    init(_ transfer: Transfer, thread: LoopThread) {
        self.transfer = transfer
        self.thread = thread
        lane = transfer.request.isStream ? .streams : .requests(transfer.request.target.origin)
        deadlines = TransferDeadlines(transfer.request.deadlines, startedAt: transfer.startedAt)
    }

    var wasSent: Bool { sendCount > 0 }

    // MARK: Called by curl

    /// A name is about to be resolved.
    func resolving() {
        deadlines.connectionStarted(at: thread.now)
        thread.deadlinesChanged(deadlines)
    }

    /// Opens a socket to an address, if the rules permit it.
    ///
    /// A proxy is the administrator's choice, so the rules are not about its address.
    func openSocket(_ address: UnsafePointer<curl_sockaddr>) -> Int32 {
        resolving()
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe ccurl_copy_address(address, &bytes)
        guard let target = IPAddress(bytes: Array(bytes.prefix(Int(count)))) else { return ccurl_bad_socket() }
        guard transfer.request.target.proxy != nil || transfer.rules.configuration.addresses.permits(target) else {
            forbidden = target
            return ccurl_bad_socket()
        }
        hasDialled = true
        let socket = unsafe ccurl_open_socket(address)
        guard socket >= 0 else { return ccurl_bad_socket() }
        // A dead peer is noticed within 45 seconds. curl sets the first two as well, but older versions lack the count.
        // Each is advisory: without it the deadlines above still end the transfer.
        for (level, option, value) in Self.socketOptions {
            _ = ccurl_set_socket_option(socket, Int32(level), Int32(option), value)
        }
        return socket
    }

    private static let socketOptions: [(level: Int, option: Int, value: Int32)] = [
        (Int(SOL_SOCKET), Int(SO_KEEPALIVE), 1),
        (Int(IPPROTO_TCP), Int(TCP_KEEPIDLE), 30),
        (Int(IPPROTO_TCP), Int(TCP_KEEPINTVL), 5),
        (Int(IPPROTO_TCP), Int(TCP_KEEPCNT), 3),
        (Int(IPPROTO_TCP), Int(TCP_USER_TIMEOUT), 30_000),
    ]

    /// The request is about to go out.
    ///
    /// Returns `false` to stop a second sending.
    func permitSending() -> Bool {
        // curl sends a request again by itself when a reused connection ends without a byte, a POST too. It cannot
        // know whether the server acted on the first.
        guard sendCount == 0 || transfer.request.mayBeResent else { return false }
        sendCount += 1
        deadlines.connectionReady()
        return true
    }

    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        switch unsafe parser.line(line) {
        case .more: return true
        case .invalid(let reason):
            failure = HTTPTransportError.invalidResponse(transfer.request.subject, reason)
            return false
        case .head(let head):
            if let limit = transfer.request.maximumResponseBody, transfer.request.method != "HEAD", head.status != 304,
                let length = head.contentLength, length > limit
            {
                failure = HTTPTransportError.bodyTooLarge(transfer.request.subject, limit: limit)
                return false
            }
            deadlines.headReceived(at: thread.now)
            thread.deadlinesChanged(deadlines)
            transfer.receive(head)
            thread.mark(self)
            return true
        }
    }

    /// Takes a piece of the body.
    ///
    /// Returns what curl's write callback returns.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let limit = transfer.request.maximumResponseBody, bodyLength + bytes.count > limit {
            failure = HTTPTransportError.bodyTooLarge(transfer.request.subject, limit: limit)
            return 0
        }
        thread.mark(self)
        guard unsafe transfer.receive(bytes) else {
            isReceivePaused = true
            deadlines.bodyPaused()
            return ccurl_write_pause()
        }
        bodyLength += bytes.count
        deadlines.bodyResumed(at: thread.now)
        return bytes.count
    }

    /// Fills curl's buffer with a piece of the request body.
    ///
    /// Returns what curl's read callback returns.
    func sendBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let upload = transfer.upload else { return 0 }
        switch upload.read(upTo: buffer.count) {
        case .bytes(let piece, let waiter):
            unsafe piece.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
            waiter?.resume(returning: true)
            return piece.count
        case .pause(let waiter):
            isSendPaused = true
            waiter?.resume(returning: true)
            return ccurl_read_pause()
        case .end: return 0
        case .abort(let error):
            failure = error
            return ccurl_read_abort()
        }
    }

    // MARK: Called by the loop

    func resumeReceiving() {
        guard isReceivePaused else { return }
        isReceivePaused = false
        deadlines.bodyResumed(at: thread.now)
        thread.deadlinesChanged(deadlines)
        unpause()
    }

    func resumeSending() {
        guard isSendPaused else { return }
        isSendPaused = false
        unpause()
    }

    private func unpause() {
        guard let easy = running?.easy else { return }
        let mask = ccurl_pause_mask(isReceivePaused ? 1 : 0, isSendPaused ? 1 : 0)
        // An error here ends the transfer, and curl reports that end like any other.
        _ = unsafe curl_easy_pause(easy.pointer, mask)
    }

    /// How the transfer ended, from curl's result and what the callbacks decided.
    func end(_ result: CURLcode) -> Transfer.State.End {
        if let failure { return .failed(failure) }
        let subject = transfer.request.subject
        if result == CURLE_OK, parser.isComplete { return .complete }
        // curl calls it success when the connection ends within the head.
        let result = result == CURLE_OK ? CURLE_GOT_NOTHING : result
        if let forbidden, !hasDialled { return .failed(HTTPTransportError.addressForbidden(subject, forbidden)) }
        if result == CURLE_OPERATION_TIMEDOUT {
            return .failed(timedOut(.connect, limit: transfer.request.deadlines.connect))
        }
        let detail = running?.easy.errorDetail(result) ?? ""
        return .failed(
            TransferFailure(
                result: result.rawValue,
                detail: detail,
                subject: subject,
                proxy: transfer.request.target.proxy,
                wasSent: wasSent
            )
            .error
        )
    }

    func timedOut(_ stage: TransferDeadlines.Stage, limit: Duration) -> HTTPTransportError {
        .timedOut(transfer.request.subject, stage, limit: limit, isQueued: !isAdmitted, wasSent: wasSent)
    }
}
