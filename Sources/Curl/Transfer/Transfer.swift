// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers

/// One request and its response, shared by the caller and the loop.
final class Transfer: Sendable {
    typealias State = TransferState<
        CheckedContinuation<ResponseHead, any Error>, CheckedContinuation<[UInt8]?, any Error>
    >

    let request: PreparedRequest
    let rules: ClientRules
    let upload: Upload?
    let startedAt: ContinuousClock.Instant
    private let state = NIOLockedValueBox(State())

    init(_ request: PreparedRequest, rules: ClientRules, startedAt: ContinuousClock.Instant) {
        self.request = request
        self.rules = rules
        self.startedAt = startedAt
        upload = Upload(request)
    }

    var id: ObjectIdentifier { ObjectIdentifier(self) }

    // MARK: The caller's side

    /// Hands the transfer to the loop and waits for the response head.
    func start() async throws -> ResponseHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // The handler may have run already: then nobody would ever resume the continuation.
                guard state.withLockedValue({ $0.waitForHead(continuation) }) else {
                    return continuation.resume(throwing: CancellationError())
                }
                guard rules.loop.post(.start(self)) else { return refuse() }
                if case .stream(let body, _) = request.body, let upload {
                    upload.start(body) { [rules, id] in rules.loop.post(.resumeSending(id)) }
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// The next piece of the body, or `nil` at its end.
    func next() async throws -> [UInt8]? {
        if let reading = state.withLockedValue({ $0.read() }) { return try result(of: reading).get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard let reading = state.withLockedValue({ $0.read(orKeep: continuation) }) else { return }
                continuation.resume(with: result(of: reading))
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends the transfer.
    ///
    /// The caller is released at once; the loop lets go of the connection in its next turn.
    func cancel() {
        let cancellation = state.withLockedValue { $0.cancel() }
        cancellation.head?.resume(throwing: CancellationError())
        cancellation.body?.resume(throwing: CancellationError())
        upload?.cancel()
        guard cancellation.endsTransfer else { return }
        rules.loop.post(.cancel(id))
    }

    // MARK: The loop's side

    /// Whether nobody waits for this transfer any more.
    var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    func receive(_ head: ResponseHead) { state.withLockedValue { $0.receive(head) } }

    /// Adds a piece of the body; `false` if the peer has to wait.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool { state.withLockedValue { unsafe $0.receive(bytes) } }

    func finish(_ end: State.End) {
        // In this order: whoever sees the end may give the body to somebody else.
        upload?.cancel()
        state.withLockedValue { $0.finish(end) }
    }

    /// Wakes whoever waits for what arrived; called once a turn.
    func flush() {
        switch state.withLockedValue({ $0.flush() }) {
        case .nobody: break
        case .head(let waiter, let result): waiter.resume(with: result)
        case .body(let waiter, let reading): waiter.resume(with: result(of: reading))
        }
    }

    private func refuse() {
        finish(.failed(HTTPTransportError.shutDown(request.subject, wasSent: false)))
        flush()
    }

    private func result(of reading: State.Reading) -> Result<[UInt8]?, any Error> {
        switch reading {
        case .chunk(let bytes, let resume):
            if resume { rules.loop.post(.resumeReceiving(id)) }
            return .success(bytes)
        case .end(.complete): return .success(nil)
        case .end(.failed(let error)): return .failure(error)
        }
    }
}

/// The body of a response; dropping it unread ends the transfer.
final class TransferBody: ResponseBodySource {
    private let transfer: Transfer

    init(_ transfer: Transfer) { self.transfer = transfer }

    deinit { transfer.cancel() }

    func next() async throws -> [UInt8]? { try await transfer.next() }

    func cancel() { transfer.cancel() }
}
