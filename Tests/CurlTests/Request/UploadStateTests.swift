// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Curl

@Suite("Upload state")
struct UploadStateTests {
    private func text(_ read: UploadState<Int>.Read) -> String {
        switch read {
        case .bytes(let bytes, let wake): "\(Array(bytes))\(wake.map { " wakes \($0)" } ?? "")"
        case .pause(let wake): "pause\(wake.map { " wakes \($0)" } ?? "")"
        case .end: "end"
        case .abort: "abort"
        }
    }

    @Test("Bytes are handed over in pieces that fit, then the end")
    func bytes() {
        var state = UploadState<Int>(bytes: [1, 2, 3])
        let reads = [state.read(upTo: 2), state.read(upTo: 2), state.read(upTo: 2)]
        #expect(reads.map(text) == ["[1, 2]", "[3]", "end"])
    }

    @Test("Bytes can be started again, a stream cannot")
    func rewind() {
        var bytes = UploadState<Int>(bytes: [1])
        let firstRead = bytes.read(upTo: 9)
        #expect(text(firstRead) == "[1]")
        let canRewind = bytes.rewind()
        #expect(canRewind)
        let secondRead = bytes.read(upTo: 9)
        #expect(text(secondRead) == "[1]")
        var stream = UploadState<Int>(streamOf: nil)
        let streamCanRewind = stream.rewind()
        #expect(!streamCanRewind)
    }

    @Test("A stream pauses curl until a chunk is there, and holds one chunk at most")
    func stream() {
        var state = UploadState<Int>(streamOf: nil)
        let thirdRead = state.read(upTo: 9)
        #expect(text(thirdRead) == "pause")
        let hasRoom = state.wait(1)
        #expect(hasRoom == true)
        let resumes = state.deposit([1, 2])
        #expect(resumes)
        let isFull = state.wait(2) == nil
        #expect(isFull)
        let fourthRead = state.read(upTo: 1)
        #expect(text(fourthRead) == "[1]")
        let fifthRead = state.read(upTo: 9)
        #expect(text(fifthRead) == "[2] wakes 2")
        let resumesAtEnd = state.end()
        #expect(!resumesAtEnd)
        let sixthRead = state.read(upTo: 9)
        #expect(text(sixthRead) == "end")
    }

    @Test("A stream that ends early or goes on too long is aborted", arguments: [1, 3])
    func length(_ length: Int) {
        var state = UploadState<Int>(streamOf: length)
        _ = state.deposit([1, 2])
        var reads = [text(state.read(upTo: 9))]
        _ = state.end()
        reads.append(text(state.read(upTo: 9)))
        #expect(reads.contains("abort"))
        #expect(!reads.contains("end"))
    }

    @Test("Cancelling lets go of who waits, and of who comes")
    func cancel() {
        var state = UploadState<Int>(streamOf: nil)
        _ = state.deposit([1])
        let isKept = state.wait(1) == nil
        let freed = state.cancel()
        let mayGoOn = state.wait(2)
        #expect(isKept)
        #expect(freed == 1)
        #expect(mayGoOn == false)
    }
}
