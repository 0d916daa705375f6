// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import HTTPTransport

/// One of curl's multi handles: the connections of one client in one version of HTTP.
///
/// Used by the loop thread alone.
@safe final class ConnectionPool {
    /// The most connections to one host that carry many requests each.
    private static let multiplexedConnections = 4
    private static let idleConnections = 64
    private static let idleHandles = 64

    let isMultiplexed: Bool
    unowned let thread: LoopThread
    /// When curl wants to be called although nothing happened on its sockets.
    private(set) var timer: ContinuousClock.Instant?
    /// Transfers that curl works on.
    private(set) var count = 0
    /// curl refused to go on; its transfers have to be ended.
    private(set) var isBroken = false
    private let multi: UnsafeMutableRawPointer
    private var idle: [EasyHandle] = []

    init?(thread: LoopThread, isMultiplexed: Bool) {
        guard let multi = unsafe curl_multi_init() else { return nil }
        unsafe self.multi = multi
        self.thread = thread
        self.isMultiplexed = isMultiplexed
        guard configure() else {
            unsafe curl_multi_cleanup(multi)
            return nil
        }
    }

    /// Closes every connection; no transfer may be left.
    func close() {
        idle = []
        // Every handle was removed before, which is the one thing that could make this fail.
        _ = unsafe curl_multi_cleanup(multi)
    }

    private func configure() -> Bool {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        var results = [
            unsafe ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context),
            unsafe ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context),
            unsafe ccurl_multi_set_socket_callback(multi) { _, socket, interest, context, _ in
                guard let context = unsafe context else { return -1 }
                let pool = unsafe Unmanaged<ConnectionPool>.fromOpaque(context).takeUnretainedValue()
                return pool.thread.watch(socket, for: interest, of: pool) ? 0 : -1
            },
            unsafe ccurl_multi_set_timer_callback(multi) { _, milliseconds, context in
                guard let context = unsafe context else { return -1 }
                let pool = unsafe Unmanaged<ConnectionPool>.fromOpaque(context).takeUnretainedValue()
                // curl must not be called from here; the loop does at the end of its turn.
                pool.timer = milliseconds < 0 ? nil : ContinuousClock.now + .milliseconds(milliseconds)
                return 0
            },
            unsafe ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
            unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.idleConnections),
        ]
        if isMultiplexed {
            // Waiting for the first connection covers only the first: without a cap a cold burst opens hundreds.
            results.append(
                unsafe ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, Self.multiplexedConnections)
            )
        }
        return results.allSatisfy { $0 == CURLM_OK }
    }

    // MARK: Transfers

    func takeHandle() -> EasyHandle? { idle.popLast() ?? EasyHandle() }

    /// Starts a transfer; `false` if curl does not take it.
    func add(_ easy: EasyHandle) -> Bool {
        guard unsafe curl_multi_add_handle(multi, easy.pointer) == CURLM_OK else { return false }
        count += 1
        return true
    }

    /// Ends a transfer, whatever its state.
    func remove(_ easy: EasyHandle) {
        // Fails only for a handle that is not in here.
        _ = unsafe curl_multi_remove_handle(multi, easy.pointer)
        count -= 1
    }

    /// Takes back a handle that curl does not work on.
    ///
    /// Handles never change pools: they remember TLS sessions.
    func recycle(_ easy: EasyHandle) {
        easy.reset()
        if idle.count < Self.idleHandles { idle.append(easy) }
    }

    // MARK: Events

    func socketReady(_ readiness: Poller.Readiness) { act(readiness.descriptor, readiness.mask) }

    /// Calls curl if its timer is due.
    func fireTimer(at now: ContinuousClock.Instant) {
        guard let timer, timer <= now else { return }
        self.timer = nil
        act(ccurl_bad_socket(), 0)
    }

    /// The next transfer that came to its end.
    func nextFinished() -> (ActiveTransfer, CURLcode)? {
        var result = CURLE_OK
        guard let context = unsafe ccurl_next_finished(multi, &result) else { return nil }
        return (unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue(), result)
    }

    private func act(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        if unsafe curl_multi_socket_action(multi, socket, mask, &running) != CURLM_OK { isBroken = true }
    }
}
