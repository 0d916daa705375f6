// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesTesting
import Testing

/// What a reflector makes of watches that begin with everything there is, over real sockets.
@Suite("Faults while streaming")
struct WatchListFaultTests {
    @Test("The store is exact in the end", arguments: cases)
    func holds(_ fault: FaultCase) async throws {
        let found = fault.violations(try await fault.run(faulty: true))
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test("Without the fault the same case fails, so it can fail", arguments: cases)
    func negativeControl(_ fault: FaultCase) async throws {
        #expect(!fault.violations(try await fault.run(faulty: false)).isEmpty)
    }

    private static let stream = "WATCH resourceVersionMatch=NotOlderThan sendInitialEvents=true"
    private static let thousand = (0..<1_000).map { "team/w\($0)" }

    private static func line(_ type: String, _ name: String, version: Int, size: Int64 = 1) -> String {
        WatchLine.event(
            type,
            [
                "apiVersion": "test.example/v1", "kind": "Widget", "size": .integer(size),
                "metadata": [
                    "name": .string(name), "namespace": "team", "uid": .string("uid-of-\(name)"),
                    "resourceVersion": .string("\(version)"),
                ],
            ]
        )
    }

    private static func end(_ version: Int) -> String {
        WatchLine.initialEventsEnd("\(version)", kind: "Widget", apiVersion: "test.example/v1")
    }

    private static func refusal(_ code: Int, _ reason: String) -> [ServerStep] {
        let message = "resourceVersionMatch is forbidden for watch"
        let status = WatchLine.status(Int64(code), reason: reason, message: message)
        return [.response(status: code, body: status.serializedText())]
    }

    static let cases: [FaultCase] = [
        FaultCase("T06: one watch brings everything there is and what happens next", objects: thousand, streams: true) {
            request,
            number,
            model in
            var steps = model.answer(request)
            guard number == 0 else { return steps }
            model.put("team", "w7", ["size": 4_711])
            steps.append(.chunk(WatchLine.event("MODIFIED", model["team", "w7"] ?? .null)))
            return steps
        } violations: { seen in
            var found = Violations()
            found.check(seen.requests == [stream], "requests: \(seen.requests)")
            found.check(seen.changes.count == 1_001 && seen.changes.last == "updated team/w7", "\(seen.changes.count)")
            found.check(seen.isExact, "the store is not exact")
            return found.found
        },
        FaultCase("T07: a server that refuses is listed, and not asked again at the next start", streams: true) {
            request,
            number,
            model in
            switch number {
            case 0: refusal(422, "Invalid")
            case 2: [.head(), .chunk(WatchLine.expired()), .endOfChunks]
            default: model.answer(request)
            }
        } violations: { seen in
            var found = Violations()
            let expected = [
                stream, "LIST limit=500", "WATCH resourceVersion=4",
                "LIST resourceVersion=4 resourceVersionMatch=NotOlderThan", "WATCH resourceVersion=4",
            ]
            found.check(seen.requests == expected, "requests: \(seen.requests)")
            found.check(seen.pauses.isEmpty, "pauses: \(seen.pauses)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase("T07: a right to list without the right to watch lists at once", streams: true) {
            request,
            number,
            model in
            number == 0 ? refusal(403, "Forbidden") : model.answer(request)
        } violations: { seen in
            var found = Violations()
            let expected = [stream, "LIST limit=500", "WATCH resourceVersion=4"]
            found.check(seen.requests == expected, "requests: \(seen.requests)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase("T08: after three streams that break off before they are complete it lists", streams: true) {
            request,
            number,
            model in
            number < 3 ? [.head(), .chunk(line("ADDED", "ghost", version: 3)), .endOfChunks] : model.answer(request)
        } violations: { seen in
            var found = Violations()
            let expected = [stream, stream, stream, "LIST limit=500", "WATCH resourceVersion=4"]
            found.check(seen.requests == expected, "requests: \(seen.requests)")
            found.check(seen.pauses.count == 2, "pauses: \(seen.pauses)")
            found.check(!seen.changes.contains { $0.contains("ghost") }, "changes: \(seen.changes)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase("T09: changes while the state arrives are part of it, and no news", streams: true) {
            request,
            number,
            model in
            guard number == 0 else { return model.answer(request) }
            model.delete("team", "b")
            let changed = model.put("team", "a", ["size": 9])
            let lines =
                line("ADDED", "a", version: 2) + line("ADDED", "b", version: 3)
                + line("MODIFIED", "a", version: changed, size: 9) + line("DELETED", "b", version: changed - 1)
                + line("ADDED", "c", version: 4)
            // Then nothing new on a sound watch, which the closing leads to.
            return [.head(), .chunk(lines), .chunk(end(changed)), .endOfChunks]
        } violations: { seen in
            var found = Violations()
            found.check(seen.changes.sorted() == ["added team/a", "added team/c"], "changes: \(seen.changes)")
            found.check(seen.requests == [stream, "WATCH resourceVersion=6"], "requests: \(seen.requests)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase("T40: an object that cannot be read does not keep the others from arriving", streams: true) {
            request,
            number,
            model in
            if number == 0 { model.put("team", "broken", ["size": "large"]) }
            return model.answer(request)
        } violations: { seen in
            var found = Violations()
            found.check(seen.invalid == ["team/broken"], "invalid: \(seen.invalid)")
            found.check(seen.stored.count == 3, "stored: \(seen.stored)")
            return found.found
        },
        FaultCase("T33: what vanished during a gap is told as deleted when the next stream is complete", streams: true)
        {
            request,
            number,
            model in
            guard number == 0 else { return model.answer(request) }
            let steps = model.answer(request)
            model.delete("team", "b")
            model.compact()
            return steps + [.chunk(WatchLine.expired()), .endOfChunks]
        } violations: { seen in
            var found = Violations()
            found.check(seen.requests.count == 2 && seen.lists.isEmpty, "requests: \(seen.requests)")
            let again = "WATCH resourceVersion=4 resourceVersionMatch=NotOlderThan sendInitialEvents=true"
            found.check(seen.requests.last == again, "requests: \(seen.requests)")
            found.check(seen.changes.last == "deleted team/b (tombstone)", "changes: \(seen.changes)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
    ]
}
