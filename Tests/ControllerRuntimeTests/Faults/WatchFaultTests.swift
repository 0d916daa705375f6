// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesTesting
import Testing

/// What a reflector makes of watches that go wrong, over real sockets.
@Suite("Faults while watching", .timeLimit(.minutes(10)))
struct WatchFaultTests {
    @Test("The store is exact in the end", arguments: cases)
    func holds(_ fault: FaultCase) async throws {
        let found = fault.violations(try await fault.run(faulty: true))
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test("Without the fault the same case fails, so it can fail", arguments: cases)
    func negativeControl(_ fault: FaultCase) async throws {
        #expect(!fault.violations(try await fault.run(faulty: false)).isEmpty)
    }

    private static let bookmark = WatchLine.bookmark("4", kind: "Widget", apiVersion: "test.example/v1")

    /// An event of an object that the model holds from now on.
    private static func added(_ name: String, _ model: ObjectModel, size: JSONValue = 1) -> String {
        let version = model.put("team", name, ["size": size])
        return WatchLine.event("ADDED", object(name, version: "\(version)", uid: "uid-of-\(name)", size: size))
    }

    /// An event that is sent, before something happens that is not.
    private static func unheard(_ model: ObjectModel) -> String {
        let line = added("heard", model)
        model.put("team", "missed", ["size": 2])
        return line
    }

    private static func object(_ name: String, version: String, uid: String, size: JSONValue = 1) -> JSONValue {
        [
            "apiVersion": "test.example/v1", "kind": "Widget", "size": size,
            "metadata": [
                "name": .string(name), "namespace": "team", "uid": .string(uid), "resourceVersion": .string(version),
            ],
        ]
    }

    private static func error(_ code: Int64, _ reason: String, retryAfter: Int64? = nil) -> [ServerStep] {
        let line = WatchLine.error(code, reason: reason, message: "scripted", retryAfter: retryAfter)
        return [.head(), .chunk(line), .endOfChunks]
    }

    /// The case where the first watch is played by `steps` and all else is sound.
    private static func firstWatch(
        _ name: String,
        _ steps: @escaping @Sendable (ObjectModel) -> [ServerStep],
        violations: @escaping @Sendable (FollowedServer, inout Violations) -> Void
    ) -> FaultCase {
        FaultCase(name) { request, number, model in
            number == 1 ? steps(model) : model.answer(request)
        } violations: { seen in
            var found = Violations()
            violations(seen, &found)
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        }
    }

    static let cases: [FaultCase] = [
        firstWatch("T11: a watch resumes from the last bookmark") { model in
            let version = model.put("elsewhere", "moved-on", ["size": 1])
            model.delete("elsewhere", "moved-on")
            let line = WatchLine.bookmark("\(version + 1)", kind: "Widget", apiVersion: "test.example/v1")
            return [.head(), .chunk(line), .endOfChunks]
        } violations: { seen, found in
            found.check(
                seen.watches == ["WATCH resourceVersion=4", "WATCH resourceVersion=6"],
                "watches: \(seen.watches)"
            )
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T12: a clean end after events is followed by a watch from there, at once and without a list") {
            model in
            [.head(), .chunk(added("new", model)), .endOfChunks]
        } violations: { seen, found in
            found.check(
                seen.watches == ["WATCH resourceVersion=4", "WATCH resourceVersion=5"],
                "watches: \(seen.watches)"
            )
            found.check(seen.lists.count == 1, "it listed again")
            found.check(seen.pauses.isEmpty, "it paused \(seen.pauses)")
        },
        FaultCase("T13: watches that end at once are paced") { request, number, model in
            request.isWatch && number < 5 ? [.head(), .endOfChunks] : model.answer(request)
        } violations: { seen in
            var found = Violations()
            let ranges: [ClosedRange<Duration>] = [
                .seconds(0.8)...(.seconds(1.6)), .seconds(1.6)...(.seconds(3.2)), .seconds(3.2)...(.seconds(6.4)),
                .seconds(6.4)...(.seconds(12.8)),
            ]
            found.check(
                seen.pauses.count == 4 && zip(seen.pauses, ranges).allSatisfy { $1.contains($0) },
                "pauses: \(seen.pauses)"
            )
            found.check(seen.lists.count == 1, "it listed again")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        firstWatch("T14: an event split at every byte is the same event") { model in
            let line = added("gr\u{F6}\u{DF}e", model)
            return [.head()] + line.utf8.map { .chunk([$0]) } + [.endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.contains("added team/gr\u{F6}\u{DF}e"), "changes: \(seen.changes)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T15: ten events in one chunk, CRLF and blank lines are all read") { model in
            let lines = (0..<10).map { "\(added("n\($0)", model).dropLast())\r\n\r\n\n" }
            return [.head(), .chunk(lines.joined()), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.stored.count == 13, "the store has \(seen.stored.count)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T16: an event cut off in the middle is dropped, and the watch goes on from the one before") {
            model in
            let whole = added("whole", model)
            let half = added("half", model)
            return [.head(), .chunk(whole + half.prefix(half.count / 2)), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.watches.dropFirst().first == "WATCH resourceVersion=5", "watches: \(seen.watches)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T17: an event that is not UTF-8 does not end the stream") { model in
            let after = added("after", model)
            return [.head(), .chunk([0x7B, 0xFF, 0xFE, 0x7D, 0x0A] + Array(after.utf8)), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.contains("added team/after"), "changes: \(seen.changes)")
        },
        firstWatch("T18: an event of 20 MiB is refused without keeping it, and the objects are listed again") { _ in
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            return [.head()] + Array(repeating: .chunk(piece), count: 20)
        } violations: { seen, found in
            found.check(seen.lists.count == 2, "lists: \(seen.lists)")
            found.check(seen.pauses.count == 1, "pauses: \(seen.pauses)")
        },
        firstWatch("T19: an event of an unknown type is skipped") { model in
            let strange = WatchLine.event("FOO", object("strange", version: "5", uid: "u"))
            return [.head(), .chunk(strange + added("known", model)), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.contains("added team/known"), "changes: \(seen.changes)")
            found.check(!seen.changes.contains("added team/strange"), "the unknown was taken for a change")
        },
        firstWatch("T20: an ERROR event 410 leads to a list, and what vanished is delivered as deleted") { model in
            model.delete("team", "b")
            return error(410, "Expired")
        } violations: { seen, found in
            found.check(seen.lists.count == 2, "lists: \(seen.lists)")
            found.check(seen.changes.contains("deleted team/b (tombstone)"), "changes: \(seen.changes)")
        },
        firstWatch("T21: an HTTP status 410 on the watch leads to a list") { _ in
            let status = WatchLine.status(410, reason: "Expired", message: "scripted").serializedText()
            return [.response(status: 410, body: status)]
        } violations: { seen, found in
            found.check(seen.lists.count == 2, "lists: \(seen.lists)")
        },
        FaultCase("T22: ERROR events 500 are retried from the same version, and the third leads to a list") {
            request,
            number,
            model in
            request.isWatch && number < 4 ? error(500, "InternalError") : model.answer(request)
        } violations: { seen in
            var found = Violations()
            found.check(
                seen.watches.prefix(3).allSatisfy { $0 == "WATCH resourceVersion=4" },
                "watches: \(seen.watches)"
            )
            found.check(seen.lists.count == 2, "lists: \(seen.lists)")
            found.check(seen.pauses.count == 3, "pauses: \(seen.pauses)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        firstWatch("T23: an ERROR event 429 is waited out as long as it says, without a list") { _ in
            error(429, "TooManyRequests", retryAfter: 7)
        } violations: { seen, found in
            found.check(seen.pauses.count == 1 && (seen.pauses.first ?? .zero) >= .seconds(7), "pauses: \(seen.pauses)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T24: a server that shuts down is left alone, and met again on a new connection") { _ in
            let headers = [("Content-Type", "text/plain"), ("Retry-After", "5"), ("Connection", "close")]
            return [
                .response(
                    status: 429,
                    headers: headers,
                    body: "The apiserver is shutting down, please try again later."
                ), .close,
            ]
        } violations: { seen, found in
            found.check(seen.pauses.count == 1 && (seen.pauses.first ?? .zero) >= .seconds(5), "pauses: \(seen.pauses)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T27: a reset in the middle of a watch is followed by a watch from the same place") { model in
            [.head(), .chunk(added("new", model)), .reset]
        } violations: { seen, found in
            found.check(seen.watches.last == "WATCH resourceVersion=5", "watches: \(seen.watches)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        firstWatch("T33: what was deleted while nobody watched is delivered with its last state") { model in
            model.delete("team", "c")
            model.compact()
            return [.head(), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.contains("deleted team/c (tombstone)"), "changes: \(seen.changes)")
        },
        firstWatch("T34: what was deleted and made again is a replacement, not an update") { model in
            model.delete("team", "a")
            model.put("team", "a", ["size": 5])
            model.compact()
            return [.head(), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.contains("replaced team/a"), "changes: \(seen.changes)")
        },
        firstWatch("T35: a list of unchanged objects causes no changes") { _ in
            error(410, "Expired")
        } violations: { seen, found in
            let live = seen.changes.filter { !$0.hasPrefix("added") && !$0.hasPrefix("resynced") }
            found.check(seen.lists.count == 2 && live.isEmpty, "lists: \(seen.lists), changes: \(seen.changes)")
        },
        firstWatch("T36: ADDED for what is known and MODIFIED for what is not both store the object") { model in
            let known = model.put("team", "a", ["size": 7])
            let first = WatchLine.event("ADDED", object("a", version: "\(known)", uid: "uid-1", size: 7))
            let unknown = model.put("team", "z", ["size": 8])
            let second = WatchLine.event("MODIFIED", object("z", version: "\(unknown)", uid: "uid-4", size: 8))
            return [.head(), .chunk(first + second), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.contains("updated team/a"), "changes: \(seen.changes)")
            found.check(seen.changes.contains("added team/z"), "changes: \(seen.changes)")
        },
        firstWatch("T38: an event older than what is stored is ignored") { model in
            let old = WatchLine.event("MODIFIED", object("c", version: "3", uid: "uid-3", size: 99))
            return [.head(), .chunk(old + added("new", model)), .endOfChunks]
        } violations: { seen, found in
            found.check(!seen.changes.contains("updated team/c"), "changes: \(seen.changes)")
            found.check(seen.changes.contains("added team/new"), "changes: \(seen.changes)")
        },
        firstWatch("T37: an object that leaves the selection leaves the store as the server says, not by a list") {
            model in
            // The server tells it with the object as it is now, outside of the selection.
            model.delete("team", "b")
            let left = WatchLine.event("DELETED", object("b", version: "\(model.version)", uid: "uid-2", size: 42))
            return [.head(), .chunk(left), .endOfChunks]
        } violations: { seen, found in
            found.check(seen.changes.last == "deleted team/b", "changes: \(seen.changes)")
            found.check(seen.watches.last == "WATCH resourceVersion=5", "watches: \(seen.watches)")
            found.check(seen.lists.count == 1, "it listed again")
        },
        FaultCase("T28: a watch that has gone silent is given up, and goes on where it was", hurried: [2: \.idle]) {
            request,
            number,
            model in
            switch number {
            case 1: [.head(), .chunk(bookmark), .endOfChunks]
            case 2:
                // In one piece, so that nothing but the silence is waited for.
                [.text("HTTP/1.1 200 OK\r\n\r\n" + unheard(model)), .silence]
            default: model.answer(request)
            }
        } violations: { seen in
            var found = Violations()
            found.check(
                Array(seen.watches.suffix(2)) == ["WATCH resourceVersion=4", "WATCH resourceVersion=5"],
                "watches: \(seen.watches)"
            )
            let silences = seen.asked.map(\.deadlines.idle)
            found.check(
                silences.count == 4 && silences[1] == .seconds(150) && silences[2] == .seconds(70),
                "silence allowed: \(silences)"
            )
            found.check(seen.lists.count == 1, "it listed again")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase(
            "T29: a server that takes requests and never answers is asked again",
            hurried: [0: \.head, 2: \.head]
        ) { request, _, model in
            let isSilent = ["0", "2"].contains(request.headers[HurriedTransport.numberField])
            return isSilent ? [.silence] : model.answer(request)
        } violations: { seen in
            var found = Violations()
            let asked = seen.asked.map(\.summary)
            found.check(
                asked == ["LIST", "LIST", "WATCH resourceVersion=4", "WATCH resourceVersion=4"],
                "it asked \(asked)"
            )
            found.check(seen.pauses.count == 2, "pauses: \(seen.pauses)")
            let heads = seen.asked.map(\.deadlines.head)
            found.check(heads.allSatisfy { ($0 ?? .seconds(1_000)) <= .seconds(150) }, "deadlines: \(heads)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase("T72: a right to list without the right to watch is retried, not fatal") { request, number, model in
            guard request.isWatch, number < 4 else { return model.answer(request) }
            let status = WatchLine.status(403, reason: "Forbidden", message: "scripted").serializedText()
            return [.response(status: 403, body: status)]
        } violations: { seen in
            var found = Violations()
            found.check(seen.pauses.count == 3, "pauses: \(seen.pauses)")
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
        FaultCase("T73: a definition that vanishes and returns invents no deletions, and reports the real ones") {
            request,
            number,
            model in
            switch number {
            case 1: return [.head(), .endOfChunks]
            case 2...4:
                let status = WatchLine.status(404, reason: "NotFound", message: "scripted").serializedText()
                return [.response(status: 404, body: status)]
            case 5:
                model.delete("team", "a")
                return model.answer(request)
            default: return model.answer(request)
            }
        } violations: { seen in
            var found = Violations()
            found.check(
                seen.changes.filter { $0.hasPrefix("deleted") } == ["deleted team/a (tombstone)"],
                "changes: \(seen.changes)"
            )
            found.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return found.found
        },
    ]
}
