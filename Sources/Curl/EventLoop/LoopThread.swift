// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc
import HTTPTransport

/// The thread that owns every socket and every curl handle.
///
/// Nothing here is seen by another thread.
///
/// One turn: wait, let curl work on what is ready, obey commands, end what is over or overdue, wake the readers.
final class LoopThread {
    private struct Client {
        var admission: Admission<ObjectIdentifier>
        var multiplexed: ConnectionPool?
        var exclusive: ConnectionPool?
    }

    /// Deadlines closer together than this are looked at together.
    private static let deadlineResolution = Duration.milliseconds(10)

    private let loop: EventLoop
    private let poller: Poller
    private var clients: [ObjectIdentifier: Client] = [:]
    private var pools: [ObjectIdentifier: ConnectionPool] = [:]
    /// Pools that take no new transfer and are closed when their last one ends.
    private var retired: Set<ObjectIdentifier> = []
    private var sockets: [Int32: ConnectionPool] = [:]
    private var transfers: [ObjectIdentifier: ActiveTransfer] = [:]
    private var admitted: [ActiveTransfer] = []
    private var dirty: [ActiveTransfer] = []
    private var nextDeadline: ContinuousClock.Instant?
    private var isStopping = false
    /// The time of this turn.
    private(set) var now = ContinuousClock.now

    init(loop: EventLoop, poller: Poller) {
        self.loop = loop
        self.poller = poller
    }

    func run() {
        Self.blockSignals()
        var commands: [EventLoop.Command] = []
        while !isStopping {
            let ready = poller.wait(atMost: loop.mayWait() ? timeout() : .zero)
            now = ContinuousClock.now
            for readiness in ready { sockets[readiness.descriptor]?.socketReady(readiness) }
            loop.takeCommands(into: &commands)
            for command in commands { obey(command) }
            commands.removeAll(keepingCapacity: true)
            launchAdmitted()
            for pool in Array(pools.values) { pool.fireTimer(at: now) }
            endFinished()
            endOverdue()
            launchAdmitted()
            closeRetired()
            flush()
        }
        tearDown()
    }

    /// Writing to a closed TLS connection raises SIGPIPE, and no handler of the program is to run on this thread.
    private static func blockSignals() {
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func timeout() -> Duration? {
        var next = nextDeadline
        for pool in pools.values {
            if let timer = pool.timer { next = min(next ?? timer, timer) }
        }
        return next.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
    }

    // MARK: Commands

    private func obey(_ command: EventLoop.Command) {
        switch command {
        case .start(let transfer): enter(transfer)
        case .cancel(let id): if let active = transfers[id] { end(active, .failed(CancellationError())) }
        case .resumeReceiving(let id): transfers[id]?.resumeReceiving()
        case .resumeSending(let id): transfers[id]?.resumeSending()
        case .forget(let id):
            guard let client = clients.removeValue(forKey: id) else { return }
            for pool in [client.multiplexed, client.exclusive].compactMap(\.self) {
                retired.insert(ObjectIdentifier(pool))
            }
        case .stop: isStopping = true
        }
    }

    private func enter(_ transfer: Transfer) {
        // A cancellation that overtook this command has no other chance to be heard.
        guard !transfer.isCancelled else { return }
        let active = ActiveTransfer(transfer, thread: self)
        transfers[transfer.id] = active
        deadlinesChanged(active.deadlines)
        let configuration = transfer.rules.configuration
        let client = ObjectIdentifier(transfer.rules)
        if clients[client] == nil {
            let admission = Admission<ObjectIdentifier>(
                maximumRequestsPerHost: configuration.maximumRequestsPerHost,
                maximumStreams: configuration.maximumStreams
            )
            clients[client] = Client(admission: admission)
        }
        guard clients[client]?.admission.enter(active.lane, transfer.id) == true else { return }
        active.isAdmitted = true
        admitted.append(active)
    }

    /// Gives curl the transfers whose turn it is.
    ///
    /// Starting one may end it at once and admit the next.
    private func launchAdmitted() {
        while !admitted.isEmpty {
            let ready = admitted
            admitted = []
            for active in ready where transfers[active.transfer.id] === active { launch(active) }
        }
    }

    private func launch(_ active: ActiveTransfer) {
        guard let pool = pool(for: active.transfer), let easy = pool.takeHandle() else {
            return end(active, .failed(refusal(of: active, "libcurl has no handle left")))
        }
        do {
            try active.configure(easy, isMultiplexed: pool.isMultiplexed)
        } catch {
            pool.recycle(easy)
            return end(active, .failed(refusal(of: active, "libcurl refused option \(error.option) (\(error.result))")))
        }
        guard pool.add(easy) else {
            pool.recycle(easy)
            return end(active, .failed(refusal(of: active, "libcurl did not take it")))
        }
        active.running = (easy, pool)
    }

    private func refusal(of active: ActiveTransfer, _ reason: String) -> HTTPTransportError {
        HTTPTransportError(
            .connectionFailed,
            "Could not send '\(active.transfer.request.subject)': \(reason). Check memory and the installed libcurl."
        )
    }

    /// The pool a transfer belongs to: HTTP/2 only for requests over TLS that send little and drain their answers.
    private func pool(for transfer: Transfer) -> ConnectionPool? {
        let client = ObjectIdentifier(transfer.rules)
        let isMultiplexed = transfer.rules.configuration.version == .http2 && transfer.request.mayBeMultiplexed
        let existing = isMultiplexed ? clients[client]?.multiplexed : clients[client]?.exclusive
        if let existing { return existing }
        guard let pool = ConnectionPool(thread: self, isMultiplexed: isMultiplexed) else { return nil }
        pools[ObjectIdentifier(pool)] = pool
        if isMultiplexed { clients[client]?.multiplexed = pool } else { clients[client]?.exclusive = pool }
        return pool
    }

    // MARK: Ends

    private func endFinished() {
        for pool in Array(pools.values) {
            while let (active, result) = pool.nextFinished() { end(active, active.end(result)) }
            if pool.isBroken { abandon(pool) }
        }
    }

    /// Ends what curl can no longer work on, and has the next transfer start with a new pool.
    private func abandon(_ pool: ConnectionPool) {
        for active in Array(transfers.values) where active.running?.pool === pool {
            let failure = TransferFailure(
                result: CURLE_RECV_ERROR.rawValue,
                detail: "libcurl's event handling failed",
                subject: active.transfer.request.subject,
                proxy: active.transfer.request.target.proxy,
                wasSent: active.wasSent
            )
            end(active, .failed(failure.error))
        }
        retire(pool)
    }

    private func endOverdue() {
        guard let due = nextDeadline, due <= now else { return }
        nextDeadline = nil
        for active in Array(transfers.values) {
            guard let (stage, limit) = active.deadlines.expired(at: now) else {
                deadlinesChanged(active.deadlines)
                continue
            }
            // Behind a proxy that answers for a dead peer, only silence shows that an HTTP/2 connection is dead, and
            // every later request would join it there.
            if let pool = active.running?.pool, pool.isMultiplexed, active.wasSent { retire(pool) }
            end(active, .failed(active.timedOut(stage, limit: limit)))
        }
    }

    private func end(_ active: ActiveTransfer, _ end: Transfer.State.End) {
        let id = active.transfer.id
        guard transfers.removeValue(forKey: id) != nil else { return }
        if let (easy, pool) = active.running {
            pool.remove(easy)
            pool.recycle(easy)
            active.running = nil
        }
        active.transfer.finish(end)
        mark(active)
        let client = ObjectIdentifier(active.transfer.rules)
        if !active.isAdmitted {
            clients[client]?.admission.abandon(active.lane, id)
        } else if let next = clients[client]?.admission.leave(active.lane), let waiting = transfers[next] {
            waiting.isAdmitted = true
            admitted.append(waiting)
        }
    }

    private func retire(_ pool: ConnectionPool) {
        retired.insert(ObjectIdentifier(pool))
        for id in Array(clients.keys) {
            if clients[id]?.multiplexed === pool { clients[id]?.multiplexed = nil }
            if clients[id]?.exclusive === pool { clients[id]?.exclusive = nil }
        }
    }

    private func closeRetired() {
        for id in retired where pools[id]?.count ?? 0 == 0 {
            pools.removeValue(forKey: id)?.close()
            retired.remove(id)
        }
    }

    private func flush() {
        // Taken out first: what a woken reader lets go of may come back here as a command, never as a mark.
        let woken = dirty
        dirty.removeAll(keepingCapacity: true)
        for active in woken {
            active.isDirty = false
            active.transfer.flush()
        }
    }

    private func tearDown() {
        for active in Array(transfers.values) {
            end(active, .failed(HTTPTransportError.shutDown(active.transfer.request.subject, wasSent: active.wasSent)))
        }
        flush()
        for pool in pools.values { pool.close() }
        pools = [:]
        clients = [:]
        poller.close()
        for case .start(let transfer) in loop.close() {
            transfer.finish(.failed(HTTPTransportError.shutDown(transfer.request.subject, wasSent: false)))
            transfer.flush()
        }
    }

    // MARK: Called from callbacks

    /// Remembers to wake a transfer's reader at the end of the turn.
    func mark(_ active: ActiveTransfer) {
        guard !active.isDirty else { return }
        active.isDirty = true
        dirty.append(active)
    }

    /// Brings the next look at the deadlines forward if needed.
    func deadlinesChanged(_ deadlines: TransferDeadlines) {
        guard let earliest = deadlines.earliest else { return }
        let due = max(earliest, now + Self.deadlineResolution)
        nextDeadline = min(nextDeadline ?? due, due)
    }

    /// Sets what curl waits for on a socket.
    func watch(_ socket: Int32, for interest: Int32, of pool: ConnectionPool) -> Bool {
        guard interest != CURL_POLL_REMOVE else {
            sockets[socket] = nil
            poller.forget(socket)
            return true
        }
        sockets[socket] = pool
        return poller.watch(socket, for: interest)
    }
}
