// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers

/// A request body, between the task that pulls it and the loop that sends it.
final class Upload: Sendable {
    private let state: NIOLockedValueBox<UploadState<CheckedContinuation<Bool, Never>>>
    private let pump = NIOLockedValueBox<Task<Void, Never>?>(nil)
    /// What `Content-Length` says; `nil` for a chunked body.
    let length: Int?

    /// `nil` if the request has no body at all, not even an empty one, or one that curl sends by itself.
    init?(_ request: PreparedRequest) {
        guard request.shortBody == nil else { return nil }
        switch request.body {
        case .none:
            // POST, PUT and PATCH announce an empty body: RFC 9110 §8.6.
            guard ["POST", "PUT", "PATCH"].contains(request.method) else { return nil }
            length = 0
            state = NIOLockedValueBox(UploadState(bytes: []))
        case .bytes(let bytes):
            length = bytes.count
            state = NIOLockedValueBox(UploadState(bytes: bytes))
        case .stream(_, let length):
            self.length = length
            state = NIOLockedValueBox(UploadState(streamOf: length))
        }
    }

    /// Starts to pull the body.
    ///
    /// - Parameters:
    ///   - body: What to pull, one chunk ahead of curl at most.
    ///   - resume: Called when curl waits for what was pulled.
    func start(_ body: RequestBody, resume: @escaping @Sendable () -> Void) {
        // Nobody awaits this task: it ends with the body or is cancelled by `cancel()`, which every end of the transfer
        // calls. It cannot be a child of `send`, because a server may answer before it has read the whole body.
        let task = Task { await pull(body, resume: resume) }
        pump.withLockedValue { $0 = task }
        if state.withLockedValue({ $0.isOver }) { task.cancel() }
    }

    /// Called by curl's read callback.
    func read(upTo capacity: Int) -> UploadState<CheckedContinuation<Bool, Never>>.Read {
        state.withLockedValue { $0.read(upTo: capacity) }
    }

    func rewind() -> Bool { state.withLockedValue { $0.rewind() } }

    /// Ends the pulling; called at every end of the transfer.
    func cancel() {
        state.withLockedValue { $0.cancel() }?.resume(returning: false)
        pump.withLockedValue { $0 }?.cancel()
    }

    private func pull(_ body: RequestBody, resume: @Sendable () -> Void) async {
        while await hasRoom() {
            let mustResume: Bool
            do {
                guard let chunk = try await body.next() else {
                    if state.withLockedValue({ $0.end() }) { resume() }
                    return
                }
                guard !chunk.isEmpty else { continue }
                mustResume = state.withLockedValue { $0.deposit(chunk) }
            } catch {
                if state.withLockedValue({ $0.end(error) }) { resume() }
                return
            }
            if mustResume { resume() }
        }
    }

    private func hasRoom() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLockedValue { $0.wait(continuation) }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
