// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc
import HTTPTransport
import NIOConcurrencyHelpers

/// The mailbox of the loop thread: what any task may ask of it.
final class EventLoop: Sendable {
    enum Command {
        case start(Transfer)
        case cancel(ObjectIdentifier)
        case resumeReceiving(ObjectIdentifier)
        case resumeSending(ObjectIdentifier)
        /// The client with these rules is gone.
        case forget(ObjectIdentifier)
        case stop
    }

    /// What the thread does, as far as the mailbox has to know.
    private enum Attention {
        /// It works, and looks into the mailbox before it waits.
        case working
        case waiting
        /// It waited and was called.
        case called
    }

    private struct Inbox {
        var commands: [Command] = []
        var attention = Attention.working
        var isClosed = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let inbox = NIOLockedValueBox(Inbox())
    private let wakeDescriptor: Int32

    /// Starts the thread.
    init() throws(HTTPTransportError) {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { throw .noLoop("no descriptor to wake it by", errno) }
        guard let poller = Poller(wakeDescriptor: wakeDescriptor) else {
            let reason = errno
            close(wakeDescriptor)
            throw .noLoop("no descriptor to poll with", reason)
        }
        let start = unsafe Unmanaged.passRetained(ThreadStart(loop: self, poller: poller))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
                LoopThread(loop: start.loop, poller: start.poller).run()
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            unsafe start.release()
            poller.close()
            close(wakeDescriptor)
            throw .noLoop("no thread", result)
        }
        // Nobody joins it: `stop()` waits for the mailbox to close, which is the last thing the thread does.
        pthread_detach(thread)
    }

    /// Hands a command to the thread; `false` if it has ended.
    @discardableResult
    func post(_ command: Command) -> Bool {
        inbox.withLockedValue { inbox in
            guard !inbox.isClosed else { return false }
            inbox.commands.append(command)
            // Written under the lock, because the thread closes the descriptor under it. The counter cannot overflow:
            // one write stands for any number of commands, and a thread that works needs none.
            if inbox.attention == .waiting {
                eventfd_write(wakeDescriptor, 1)
                inbox.attention = .called
            }
            return true
        }
    }

    /// Ends the thread and returns once it has ended.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isRunning = inbox.withLockedValue { inbox in
                guard !inbox.isClosed else { return false }
                inbox.stopWaiters.append(continuation)
                return true
            }
            guard isRunning else { return continuation.resume() }
            post(.stop)
        }
    }

    // MARK: The thread's side

    /// Whether nothing was posted, so that the thread may wait; it is called from now on.
    func mayWait() -> Bool {
        inbox.withLockedValue { inbox in
            guard inbox.commands.isEmpty else { return false }
            inbox.attention = .waiting
            return true
        }
    }

    /// Takes what was posted since the last time.
    func takeCommands(into commands: inout [Command]) {
        inbox.withLockedValue { inbox in
            if inbox.attention == .called {
                var count: eventfd_t = 0
                _ = unsafe eventfd_read(wakeDescriptor, &count)
            }
            inbox.attention = .working
            swap(&commands, &inbox.commands)
        }
    }

    /// Closes the mailbox and returns what was still in it.
    func close() -> [Command] {
        let (commands, waiters) = inbox.withLockedValue { inbox in
            inbox.isClosed = true
            Glibc.close(wakeDescriptor)
            defer {
                inbox.commands = []
                inbox.stopWaiters = []
            }
            return (inbox.commands, inbox.stopWaiters)
        }
        for waiter in waiters { waiter.resume() }
        return commands
    }

    private func close(_ descriptor: Int32) { Glibc.close(descriptor) }
}

/// Carries the thread's own things across `pthread_create`, which gives them to exactly one thread.
private final class ThreadStart {
    let loop: EventLoop
    let poller: Poller

    init(loop: EventLoop, poller: Poller) {
        self.loop = loop
        self.poller = poller
    }
}

extension HTTPTransportError {
    fileprivate static func noLoop(_ reason: String, _ number: Int32) -> HTTPTransportError {
        HTTPTransportError(
            .connectionFailed,
            "Could not start the network loop: \(reason) (errno \(number)). Check the limits of the process."
        )
    }
}
