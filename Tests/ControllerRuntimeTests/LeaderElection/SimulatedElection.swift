// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import TestSupport

@testable import ControllerRuntime

/// Several candidates and one Lease, in simulated time, with everything that a network and a scheduler do to them.
///
/// Requests and answers take any time or never arrive; candidates stand still for a while and go on; clocks start
/// anywhere. Each step is drawn from a seed, so that a failure can be played again.
struct SimulatedElection {
    /// A request on its way to the server, or its answer on the way back.
    private enum Message {
        case read
        case write(Lease)
        case found(Lease?)
        case written(Lease)
        case failed(APIError.Code)
    }
    private struct Delivery {
        var time: Duration
        var candidate: Int
        /// Which of the candidate's requests; answers to an earlier one are not listened to.
        var request: Int
        var sentAt: Duration
        var message: Message
    }
    private struct Candidate {
        var state: LeaderElectionState
        var identity: String
        /// How far its clock is from the world's.
        var offset: Duration
        /// It notices nothing before then.
        var pausedUntil = Duration.zero
        var wakesAt = Duration.zero
        var request = 0
        /// When the request under way is given up.
        var givesUpAt: Duration?
        var sentAt = Duration.zero
        var isGone = false
    }

    private var generator: SeededGenerator
    private var candidates: [Candidate] = []
    private var deliveries: [Delivery] = []
    private var stored: Lease?
    private var version = 0
    private var time = Duration.zero
    private let key = ObjectKey(namespace: "system", name: "operator")
    /// How often somebody began to lead.
    private(set) var terms = 0
    /// Moments at which two could have written, as sentences.
    private(set) var violations: [String] = []

    /// Whether a renewal counts from when its answer came, which is the mistake that the rules avoid; for the control.
    private let countsFromAnswer: Bool

    init(seed: UInt64, candidates count: Int = 3, countsFromAnswer: Bool = false) {
        generator = SeededGenerator(seed: seed)
        self.countsFromAnswer = countsFromAnswer
        for number in 0..<count {
            let identity = "candidate-\(number)"
            let state = LeaderElectionState(
                identity: identity,
                timing: .standard,
                generator: SeededGenerator(seed: seed &* 31 &+ UInt64(number))
            )
            let offset = Duration.seconds(Int64.random(in: 0...7_200, using: &generator))
            candidates.append(Candidate(state: state, identity: identity, offset: offset))
        }
    }

    /// Lets the world go on until `end`, and looks after everything that happens whether two could write.
    ///
    /// In between nobody can begin to, so nothing is missed.
    mutating func run(until end: Duration) {
        for number in candidates.indices { start(number) }
        while let next = nextEvent, next < end {
            time = max(time, next)
            disturb()
            deliver()
            for number in candidates.indices { wake(number) }
            check()
        }
    }

    /// When the next message arrives or the next candidate has something to do.
    private var nextEvent: Duration? {
        let wakes = candidates.map { max($0.givesUpAt ?? $0.wakesAt, $0.pausedUntil) }
        return (wakes + deliveries.map(\.time)).min()
    }

    private func clock(_ number: Int) -> Duration { time + candidates[number].offset }

    private mutating func start(_ number: Int) {
        let action = candidates[number].state.start(at: clock(number))
        perform(action, number)
    }

    /// Now and then somebody stands still.
    private mutating func disturb() {
        guard Int.random(in: 0..<60, using: &generator) == 0 else { return }
        let number = Int.random(in: candidates.indices, using: &generator)
        candidates[number].pausedUntil = time + .milliseconds(Int64.random(in: 100...25_000, using: &generator))
    }

    private mutating func deliver() {
        let due = deliveries.filter { $0.time <= time }.sorted { $0.time < $1.time }
        deliveries.removeAll { $0.time <= time }
        for delivery in due {
            switch delivery.message {
            case .read: answer(delivery, .found(stored))
            case .write(let lease): answer(delivery, store(lease))
            case .found, .written, .failed:
                if candidates[delivery.candidate].pausedUntil > time {
                    // It lies in the socket until the candidate goes on.
                    var later = delivery
                    later.time = candidates[delivery.candidate].pausedUntil
                    deliveries.append(later)
                } else {
                    receive(delivery)
                }
            }
        }
    }

    private mutating func store(_ lease: Lease) -> Message {
        if let stored, stored.metadata.resourceVersion != lease.metadata.resourceVersion { return .failed(.conflict) }
        version += 1
        guard let kept = lease.stored(at: version) else { return .failed(.internalError) }
        stored = kept
        return .written(kept)
    }

    private mutating func answer(_ delivery: Delivery, _ message: Message) {
        guard let delay = delay() else { return }
        var answer = delivery
        answer.time = time + delay
        answer.message = message
        deliveries.append(answer)
    }

    /// Mostly short, sometimes long, sometimes for ever.
    private mutating func delay() -> Duration? {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<10: nil
        case 10..<25: .milliseconds(Int64.random(in: 1_000...12_000, using: &generator))
        default: .milliseconds(Int64.random(in: 1...300, using: &generator))
        }
    }

    private mutating func receive(_ delivery: Delivery) {
        let number = delivery.candidate
        guard delivery.request == candidates[number].request, candidates[number].givesUpAt != nil else { return }
        candidates[number].givesUpAt = nil
        let at = clock(number)
        let led = candidates[number].state.leadsUntil != nil
        let action: LeaderElectionAction
        switch delivery.message {
        case .found(let lease): action = candidates[number].state.found(lease, at: at)
        case .written(let lease):
            let sentAt = countsFromAnswer ? at : delivery.sentAt
            action = candidates[number].state.written(lease, sentAt: sentAt, at: at)
        case .failed(let code):
            let error = APIError(code, "It failed.")
            action = candidates[number].state.failed(error, sentAt: delivery.sentAt, at: at)
        case .read, .write: return
        }
        if !led, candidates[number].state.leadsUntil != nil { terms += 1 }
        perform(action, number)
    }

    private mutating func wake(_ number: Int) {
        let candidate = candidates[number]
        guard !candidate.isGone, candidate.pausedUntil <= time else { return }
        if let givesUpAt = candidate.givesUpAt {
            guard givesUpAt <= time else { return }
            candidates[number].givesUpAt = nil
            let error = APIError(.transport, "It took too long.")
            let action = candidates[number].state.failed(error, sentAt: candidate.sentAt, at: clock(number))
            perform(action, number)
        } else if candidate.wakesAt <= time {
            perform(candidates[number].state.elapsed(at: clock(number)), number)
        }
    }

    private mutating func perform(_ action: LeaderElectionAction, _ number: Int) {
        let identity = candidates[number].identity
        switch action {
        case .read: send(.read, number)
        case .create: send(.write(Lease(key, holder: identity, for: .seconds(15), at: moment())), number)
        case .claim(let lease): send(.write(lease.claimed(by: identity, for: .seconds(15), at: moment())), number)
        case .renew(let lease): send(.write(lease.renewed(for: .seconds(15), at: moment())), number)
        case .release(let lease): send(.write(lease.released(at: moment())), number)
        case .wait(let until): candidates[number].wakesAt = until - candidates[number].offset
        case .end: restart(number)
        }
    }

    /// Every write differs, as it does under a real clock.
    private func moment() -> MicroTime { MicroTime(sinceEpoch: .seconds(1_700_000_000) + time) }

    private mutating func send(_ message: Message, _ number: Int) {
        let at = clock(number)
        candidates[number].request += 1
        candidates[number].sentAt = at
        candidates[number].givesUpAt = time + candidates[number].state.patience(at: at)
        guard let delay = delay() else { return }
        deliveries.append(
            Delivery(
                time: time + delay,
                candidate: number,
                request: candidates[number].request,
                sentAt: at,
                message: message
            )
        )
    }

    /// A process that lost ends; another takes its place under a new name.
    private mutating func restart(_ number: Int) {
        let identity = candidates[number].identity + "'"
        candidates[number].identity = identity
        candidates[number].givesUpAt = nil
        candidates[number].request += 1
        candidates[number].state = LeaderElectionState(
            identity: identity,
            timing: .standard,
            generator: SeededGenerator(seed: generator.next())
        )
        start(number)
    }

    private mutating func check() {
        let writers = candidates.indices.filter { number in
            // What `mayWrite` says, also while the process stands still.
            candidates[number].state.leadsUntil.map { clock(number) <= $0 } ?? false
        }
        if writers.count > 1 { violations.append("at \(time) \(writers.map { candidates[$0].identity }) may write") }
    }
}

extension Lease {
    /// The Lease as a server keeps it; `nil` if it could not read it.
    fileprivate func stored(at version: Int) -> Lease? {
        var object = json.objectValue ?? [:]
        var metadata = object["metadata"]?.objectValue ?? [:]
        metadata["resourceVersion"] = .string("\(version)")
        object["metadata"] = .object(metadata)
        do {
            return try Lease(json: .object(object))
        } catch {
            return nil
        }
    }
}
