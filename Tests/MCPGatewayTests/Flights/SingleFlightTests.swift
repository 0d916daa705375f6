// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import TestSupport
import Testing
import Timing

@testable import MCPGateway

/// Runs a body while flights are flown.
private func withFlights(
    flightLimit: Int = 100,
    waiterLimit: Int = 100,
    _ body: (SingleFlight<String, Int>, ManualClock) async throws -> Void
) async throws {
    let clock = ManualClock()
    let flights = SingleFlight<String, Int>(
        time: ElapsedTime(clock),
        flightLimit: flightLimit,
        waiterLimit: waiterLimit
    )
    let owner = Task { try await flights.run() }
    defer { owner.cancel() }
    try await body(flights, clock)
    owner.cancel()
    await #expect(throws: CancellationError.self) { try await owner.valueInTime() }
}

@Suite("Single flight")
struct SingleFlightTests {
    @Test("One operation serves all who ask while it is under way, and the next one asks anew")
    func sharing() async throws {
        try await withFlights { flights, _ in
            let gate = Gate()
            let count = NIOLockedValueBox(0)
            let operation: @Sendable () async throws -> Int = {
                await gate.wait()
                return count.withLockedValue { count in
                    count += 1
                    return count
                }
            }
            let tasks = (0..<20).map { _ in
                Task { try await flights.value(for: "a", atMost: .seconds(1), operation) }
            }
            try await until("all wait") { flights.waiterCount == 20 }
            gate.open()
            for task in tasks { #expect(try await task.valueInTime() == 1) }
            #expect(try await flights.value(for: "a", atMost: .seconds(1), operation) == 2)
        }
    }

    @Test("A caller's deadline ends the wait and not the flight")
    func deadline() async throws {
        try await withFlights { flights, clock in
            let gate = Gate()
            let early = Task {
                try await flights.value(for: "a", atMost: .seconds(1)) {
                    await gate.wait()
                    return 7
                }
            }
            try await until("it waits") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(1))
            await #expect(throws: FlightError.tookTooLong) { try await early.valueInTime() }
            let late = Task { try await flights.value(for: "a", atMost: .seconds(1)) { 8 } }
            try await until("it waits") { flights.waiterCount == 1 }
            gate.open()
            #expect(try await late.valueInTime() == 7)
        }
    }

    @Test("Those who wait are bounded, and so are the flights")
    func bounds() async throws {
        try await withFlights(flightLimit: 2, waiterLimit: 3) { flights, _ in
            let gate = Gate()
            let operation: @Sendable () async throws -> Int = {
                await gate.wait()
                return 1
            }
            let tasks = ["a", "b"].map { key in
                Task { try await flights.value(for: key, atMost: .seconds(1), operation) }
            }
            try await until("two wait") { flights.waiterCount == 2 }
            await #expect(throws: FlightError.tooMany) {
                try await flights.value(for: "c", atMost: .seconds(1), operation)
            }
            let third = Task { try await flights.value(for: "a", atMost: .seconds(1), operation) }
            try await until("three wait") { flights.waiterCount == 3 }
            await #expect(throws: FlightError.tooMany) {
                try await flights.value(for: "a", atMost: .seconds(1), operation)
            }
            gate.open()
            for task in tasks + [third] { #expect(try await task.valueInTime() == 1) }
            #expect(try await flights.value(for: "c", atMost: .seconds(1), operation) == 1)
        }
    }

    @Test("Whoever waits when the owner ends is told, and so is whoever comes later")
    func shutDown() async throws {
        let clock = ManualClock()
        let flights = SingleFlight<String, Int>(time: ElapsedTime(clock))
        let owner = Task { try await flights.run() }
        let waiting = Task {
            try await flights.value(for: "a", atMost: .seconds(1)) {
                try await Task.sleep(for: .seconds(600))
                return 1
            }
        }
        try await until("it waits") { flights.waiterCount == 1 }
        owner.cancel()
        await #expect(throws: FlightError.shutDown) { try await waiting.valueInTime() }
        await #expect(throws: CancellationError.self) { try await owner.valueInTime() }
        await #expect(throws: FlightError.shutDown) { try await flights.value(for: "b", atMost: .seconds(1)) { 1 } }
    }

    @Test("A ticket whose holder has gone is taken by nobody")
    func ticket() async {
        let clock = ManualClock()
        let ticket = Ticket<Int>()
        #expect(await ticket.wait(atMost: .zero, ElapsedTime(clock)) == nil)
        #expect(!ticket.fill(1))
        let early = Ticket<Int>()
        #expect(early.fill(2))
        #expect(!early.fill(3))
        #expect(await early.wait(atMost: .seconds(1), ElapsedTime(clock)) == 2)
    }
}

@Suite("Concurrency limit")
struct ConcurrencyLimitTests {
    @Test("So many are in at once for each key, and the rest follow in turn")
    func limit() async throws {
        let clock = ManualClock()
        let waiting = NIOLockedValueBox<[Int]>([])
        let limit = ConcurrencyLimit<String, Int>(limit: 2, time: ElapsedTime(clock)) { _, count in
            waiting.withLockedValue { $0.append(count) }
        }
        let gate = Gate()
        let most = NIOLockedValueBox((current: 0, most: 0))
        let tasks = (0..<50).map { _ in
            Task {
                try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) {
                    most.withLockedValue { $0 = ($0.current + 1, max($0.most, $0.current + 1)) }
                    await gate.wait()
                    await Task.yield()
                    most.withLockedValue { $0.current -= 1 }
                }
            }
        }
        try await until("the rest waits") { limit.load("a") == (2, 48) }
        try await limit.withRoom("b", for: 1, waitingAtMost: .zero) {}
        gate.open()
        for task in tasks { try await task.valueInTime() }
        #expect(most.withLockedValue { $0.most } == 2)
        #expect(limit.load("a") == (0, 0))
        // Each change is told, in order, and nothing else.
        #expect(waiting.withLockedValue { $0 } == Array(1...48) + Array((0...47).reversed()))
    }

    @Test("Whoever gives up makes room in the queue, and takes no place with them", arguments: [true, false])
    func givingUp(byCancellation: Bool) async throws {
        let clock = ManualClock()
        let waiting = NIOLockedValueBox<[Int]>([])
        let limit = ConcurrencyLimit<String, Int>(limit: 1, queueLimit: 1, time: ElapsedTime(clock)) { _, count in
            waiting.withLockedValue { $0.append(count) }
        }
        let gate = Gate()
        let first = Task { try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) { await gate.wait() } }
        try await until("it is in") { limit.load("a") == (1, 0) }
        let second = Task { try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) {} }
        try await until("it waits") { limit.load("a") == (1, 1) && clock.sleeperCount == 1 }
        await #expect(throws: FlightError.tooMany) {
            try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) {}
        }
        if byCancellation {
            second.cancel()
            await #expect(throws: CancellationError.self) { try await second.valueInTime() }
        } else {
            clock.advance(by: .seconds(1))
            await #expect(throws: FlightError.tookTooLong) { try await second.valueInTime() }
        }
        #expect(limit.load("a") == (1, 0))
        #expect(waiting.withLockedValue { $0 } == [1, 0])
        gate.open()
        try await first.valueInTime()
        #expect(limit.load("a") == (0, 0))
    }

    @Test("What fails inside leaves its place")
    func failing() async throws {
        let limit = ConcurrencyLimit<String, Int>(limit: 1, time: ElapsedTime(ManualClock()))
        await #expect(throws: FlightError.shutDown) {
            try await limit.withRoom("a", for: 1, waitingAtMost: .zero) { throw FlightError.shutDown }
        }
        #expect(limit.load("a") == (0, 0))
    }

    @Test("A queue that one owner has filled still takes another's request, and the newest of the first gives way")
    func fullQueue() async throws {
        let limit = ConcurrencyLimit<String, Int>(limit: 1, queueLimit: 3, time: ElapsedTime(ManualClock()))
        let gate = Gate()
        let first = Task { try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) { await gate.wait() } }
        try await until("it is in") { limit.load("a") == (1, 0) }
        var waiting: [Task<Void, any Error>] = []
        for position in 0..<3 {
            waiting.append(Task { try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) {} })
            try await until("it waits") { limit.load("a").waiting == position + 1 }
        }
        await #expect(throws: FlightError.tooMany) {
            try await limit.withRoom("a", for: 1, waitingAtMost: .seconds(1)) {}
        }
        let other = Task { try await limit.withRoom("a", for: 2, waitingAtMost: .seconds(1)) {} }
        await #expect(throws: FlightError.tooMany) { try await waiting[2].valueInTime() }
        gate.open()
        for task in [first, waiting[0], waiting[1], other] { try await task.valueInTime() }
        #expect(limit.load("a") == (0, 0))
    }

    @Test("Owners take turns, so that one who asks for much keeps nobody waiting")
    func fairness() async throws {
        let limit = ConcurrencyLimit<String, Int>(limit: 1, time: ElapsedTime(ManualClock()))
        let gate = Gate()
        let order = NIOLockedValueBox<[Int]>([])
        let first = Task { try await limit.withRoom("a", for: 0, waitingAtMost: .seconds(1)) { await gate.wait() } }
        try await until("it is in") { limit.load("a") == (1, 0) }
        var tasks: [Task<Void, any Error>] = []
        for (position, owner) in [1, 1, 1, 1, 2, 3].enumerated() {
            tasks.append(
                Task {
                    try await limit.withRoom("a", for: owner, waitingAtMost: .seconds(1)) {
                        order.withLockedValue { $0.append(owner) }
                    }
                }
            )
            try await until("it waits") { limit.load("a").waiting == position + 1 }
        }
        gate.open()
        for task in [first] + tasks { try await task.valueInTime() }
        #expect(order.withLockedValue { $0 } == [1, 2, 3, 1, 1, 1])
    }
}
