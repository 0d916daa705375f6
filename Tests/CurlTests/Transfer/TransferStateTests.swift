// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("Transfer state")
struct TransferStateTests {
    private typealias State = TransferState<Int, Int>
    private var state = State()

    private mutating func receive(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe state.receive($0) }
    }

    private mutating func waitForHead() -> Bool { state.waitForHead(1) }

    private mutating func read() -> String { text(state.read()) }

    private func text(_ reading: State.Reading?) -> String {
        switch reading {
        case nil: "wait"
        case .chunk(let bytes, let resume): "\(bytes.count) bytes\(resume ? ", resume" : "")"
        case .end(.complete): "complete"
        case .end(.failed(let error)): "\(error is CancellationError ? "cancelled" : "failed")"
        }
    }

    @Test("A head wakes who waits for it, once")
    mutating func head() {
        #expect(waitForHead())
        guard case .nobody = state.flush() else { return #expect(Bool(false), "nothing arrived yet") }
        state.receive(ResponseHead(status: 200))
        guard case .head(1, .success(let head)) = state.flush() else { return #expect(Bool(false), "the head arrived") }
        #expect(head.status == 200)
        guard case .nobody = state.flush() else { return #expect(Bool(false), "it was told already") }
    }

    @Test("An end without a head fails who waits for it")
    mutating func noHead() {
        #expect(waitForHead())
        state.finish(.failed(SomeError()))
        guard case .head(1, .failure(let error)) = state.flush() else { return #expect(Bool(false), "it failed") }
        #expect(error is SomeError)
    }

    @Test("What arrived before the end is read before it")
    mutating func bodyBeforeEnd() {
        _ = open()
        #expect(receive([1, 2, 3]))
        state.finish(.failed(SomeError()))
        #expect(read() == "3 bytes")
        #expect(read() == "failed")
        #expect(read() == "failed")
    }

    @Test("The first end counts")
    mutating func firstEnd() {
        _ = open()
        state.finish(.complete)
        state.finish(.failed(SomeError()))
        #expect(read() == "complete")
    }

    @Test("A full buffer holds the peer back until it is read")
    mutating func pause() {
        _ = open()
        #expect(receive([UInt8](repeating: 0, count: State.highWater)))
        #expect(!receive([1]))
        #expect(read() == "\(State.highWater) bytes, resume")
        #expect(read() == "wait")
        #expect(receive([1]))
    }

    @Test("A reader who waits is woken with all of a turn's pieces at once")
    mutating func oneWake() {
        _ = open()
        let reading = state.read(orKeep: 7)
        #expect(text(reading) == "wait")
        #expect(receive([1]))
        #expect(receive([2]))
        guard case .body(7, let woken) = state.flush() else { return #expect(Bool(false), "a piece arrived") }
        #expect(text(woken) == "2 bytes")
    }

    @Test("Cancelling tells the loop once, and whoever waits")
    mutating func cancel() {
        #expect(waitForHead())
        let first = state.cancel()
        #expect(first.head == 1 && first.endsTransfer)
        let second = state.cancel()
        #expect(second.head == nil && !second.endsTransfer)
        state.receive(ResponseHead(status: 200))
        guard case .nobody = state.flush() else { return #expect(Bool(false), "nobody waits any more") }
    }

    @Test("After a cancellation nothing is kept and nobody may wait")
    mutating func afterCancel() {
        _ = state.cancel()
        #expect(!waitForHead())
        #expect(receive([1]))
        #expect(read() == "cancelled")
        #expect(state.isCancelled)
    }

    @Test("Dropping a body that has ended leaves the loop alone")
    mutating func dropAfterEnd() {
        _ = open()
        state.finish(.complete)
        let cancellation = state.cancel()
        #expect(!cancellation.endsTransfer)
    }

    private struct SomeError: Error {}

    private mutating func open() -> State.Wake {
        _ = state.waitForHead(1)
        state.receive(ResponseHead(status: 200))
        return state.flush()
    }
}
