// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// epoll, for the descriptors of one loop.
///
/// Used by the loop thread alone.
@safe final class Poller {
    private let descriptor: Int32
    private let wakeDescriptor: Int32
    private var known: Set<Int32> = []
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    /// What happened on a descriptor, in curl's bits.
    struct Readiness {
        var descriptor: Int32
        var mask: Int32
    }

    /// `nil`, with `errno` set, if the system has no descriptor left.
    init?(wakeDescriptor: Int32) {
        self.wakeDescriptor = wakeDescriptor
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        guard control(EPOLL_CTL_ADD, wakeDescriptor, EPOLLIN.rawValue) else {
            Glibc.close(descriptor)
            return nil
        }
    }

    func close() { Glibc.close(descriptor) }

    /// Sets what is waited for on a descriptor, in curl's bits.
    ///
    /// Returns `false` if the system refuses.
    func watch(_ socket: Int32, for interest: Int32) -> Bool {
        var bits: UInt32 = 0
        if interest & CURL_POLL_IN != 0 { bits |= EPOLLIN.rawValue }
        if interest & CURL_POLL_OUT != 0 { bits |= EPOLLOUT.rawValue }
        if known.insert(socket).inserted { return control(EPOLL_CTL_ADD, socket, bits) }
        // The kernel forgets a closed descriptor by itself, and its number may be in use again.
        return control(EPOLL_CTL_MOD, socket, bits) || control(EPOLL_CTL_ADD, socket, bits)
    }

    func forget(_ socket: Int32) {
        // It may be closed already, and then the kernel has forgotten it: the result says nothing.
        if known.remove(socket) != nil { _ = control(EPOLL_CTL_DEL, socket, 0) }
    }

    /// Waits until something happens, at most the given time.
    ///
    /// The wake descriptor only ends the wait.
    func wait(atMost timeout: Duration?) -> [Readiness] {
        let count = unsafe epoll_wait(descriptor, &events, Int32(events.count), Self.milliseconds(timeout))
        // Interrupted or nothing: the loop's turn does what is due and comes back.
        guard count > 0 else { return [] }
        return unsafe events.prefix(Int(count)).compactMap { event in
            let socket = unsafe event.data.fd
            guard socket != wakeDescriptor, known.contains(socket) else { return nil }
            return Readiness(descriptor: socket, mask: unsafe Self.mask(event.events))
        }
    }

    private static func milliseconds(_ timeout: Duration?) -> Int32 {
        guard let timeout else { return -1 }
        // Rounded up: waking early would only turn the loop once more for nothing.
        let milliseconds = (timeout + .nanoseconds(999_999)) / .milliseconds(1)
        return Int32(max(0, min(milliseconds, 60_000)))
    }

    private static func mask(_ bits: UInt32) -> Int32 {
        var mask: Int32 = 0
        if bits & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if bits & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        return mask
    }

    private func control(_ operation: Int32, _ socket: Int32, _ bits: UInt32) -> Bool {
        var event = unsafe epoll_event(events: bits, data: epoll_data_t(fd: socket))
        return unsafe epoll_ctl(descriptor, operation, socket, &event) == 0
    }
}
