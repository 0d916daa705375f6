// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesTesting
import Testing

/// What a reflector makes of lists that go wrong, over real sockets.
@Suite("Faults while listing", .timeLimit(.minutes(10)))
struct ListFaultTests {
    @Test("The store is exact in the end", arguments: cases)
    func holds(_ fault: FaultCase) async throws {
        let found = fault.violations(try await fault.run(faulty: true))
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test("Without the fault the same case fails, so it can fail", arguments: cases)
    func negativeControl(_ fault: FaultCase) async throws {
        #expect(!fault.violations(try await fault.run(faulty: false)).isEmpty)
    }

    /// Serves pages of `size` whatever limit is asked for.
    private static func paged(_ request: ReceivedRequest, _ model: ObjectModel, size: Int) -> [ServerStep] {
        guard !request.isWatch else { return model.answer(request) }
        var request = request
        request.query = request.query.filter { $0.name != "limit" } + [(name: "limit", value: "\(size)")]
        return model.answer(request)
    }

    private static func status(
        _ code: Int,
        _ reason: String,
        continueToken: String? = nil,
        retryAfter: Int64? = nil,
        cause: String? = nil
    ) -> ServerStep {
        let status = WatchLine.status(
            Int64(code),
            reason: reason,
            message: "scripted",
            retryAfter: retryAfter,
            continueToken: continueToken,
            cause: cause
        )
        return .response(status: code, body: status.serializedText())
    }

    /// Ends the first watch with 410, so that the reflector lists again.
    private static func expireFirstWatch(_ request: ReceivedRequest, _ number: Int) -> [ServerStep]? {
        request.isWatch && number == 1 ? [.head(), .chunk(WatchLine.expired()), .endOfChunks] : nil
    }

    static let cases: [FaultCase] = [
        FaultCase("T01: a list of three pages is one list at the version of its first page") { request, _, model in
            if request[parameter: "continue"] == "2" { model.put("team", "late", ["size": 9]) }
            return paged(request, model, size: 1)
        } violations: { seen in
            var violations = Violations()
            let pages = ["LIST limit=500", "LIST continue=1&limit=500", "LIST continue=2&limit=500"]
                .map { $0.replacingAmpersands }
            violations.check(Array(seen.lists.prefix(3)) == pages, "pages were asked for as \(seen.lists)")
            violations.check(seen.watches.first == "WATCH resourceVersion=4", "watched from \(seen.watches)")
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
        FaultCase("T02: an empty page with a token is not the end") { request, number, model in
            guard !request.isWatch else { return model.answer(request) }
            if number == 0 {
                let body: JSONValue = [
                    "kind": "WidgetList", "apiVersion": "test.example/v1", "items": [],
                    "metadata": ["resourceVersion": "4", "continue": "0"],
                ]
                return [.response(status: 200, body: body.serializedText())]
            }
            return model.answer(request)
        } violations: { seen in
            var violations = Violations()
            violations.check(seen.lists.count == 2, "lists were \(seen.lists)")
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
        FaultCase("T03: a 410 on page two leads to one whole list, and its token is not used") { request, _, model in
            guard request[parameter: "continue"] == nil else {
                return [status(410, "Expired", continueToken: "inconsistent")]
            }
            return request[parameter: "limit"] == nil ? model.answer(request) : paged(request, model, size: 1)
        } violations: { seen in
            var violations = Violations()
            violations.check(
                !seen.requests.contains { $0.contains("inconsistent") },
                "the token was used: \(seen.requests)"
            )
            violations.check(seen.lists.last == "LIST", "the last list was not whole: \(seen.lists)")
            violations.check(seen.lists.count == 3, "there were \(seen.lists.count) lists")
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
        FaultCase("T04: a 410 for the last version leads at once to the most recent state") { request, number, model in
            if let expired = expireFirstWatch(request, number) { return expired }
            return number == 2 ? [status(410, "Expired")] : model.answer(request)
        } violations: { seen in
            var violations = Violations()
            violations.check(
                seen.lists == [
                    "LIST limit=500", "LIST resourceVersion=4 resourceVersionMatch=NotOlderThan", "LIST limit=500",
                ],
                "lists were \(seen.lists)"
            )
            violations.check(seen.pauses.isEmpty, "it paused \(seen.pauses)")
            violations.check(!seen.changes.contains { $0.hasPrefix("deleted") }, "objects vanished meanwhile")
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
        FaultCase("T05: a version the server has not reached is waited for as long as it says") {
            request,
            number,
            model in
            if let expired = expireFirstWatch(request, number) { return expired }
            let behind = status(504, "Timeout", retryAfter: 1, cause: "ResourceVersionTooLarge")
            return !request.isWatch && request[parameter: "resourceVersion"] != nil ? [behind] : model.answer(request)
        } violations: { seen in
            var violations = Violations()
            violations.check(seen.lists.count == 6, "lists were \(seen.lists)")
            violations.check(seen.lists.last == "LIST limit=500", "it did not go back to the most recent state")
            violations.check(seen.pauses == [.seconds(1), .seconds(1), .seconds(1)], "it paused \(seen.pauses)")
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
        FaultCase("T25: an HTML page from a load balancer is unavailability, with a pause") { request, number, model in
            guard number < 2 else { return model.answer(request) }
            let page = "<html><body>503 Service Unavailable</body></html>"
            return [.response(status: 503, headers: [("Content-Type", "text/html")], body: page)]
        } violations: { seen in
            var violations = Violations()
            violations.check(!seen.pauses.isEmpty, "it did not pause")
            violations.check(seen.lists.count == 3, "lists were \(seen.lists)")
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
        FaultCase("T40: one object that does not decode leaves the others usable and is named") {
            request,
            number,
            model in
            if number == 0 { model.put("team", "broken", ["size": "large"]) }
            return model.answer(request)
        } violations: { seen in
            var violations = Violations()
            violations.check(seen.invalid == ["team/broken"], "invalid are \(seen.invalid)")
            violations.check(seen.stored.count == 3, "the store has \(seen.stored)")
            return violations.found
        },
        FaultCase("A truncated list is not taken for a short one") { request, number, model in
            guard number == 0, case .response(let status, _, let body)? = model.answer(request).first else {
                return model.answer(request)
            }
            let head =
                "HTTP/1.1 \(status) OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            return [.text(head + body.prefix(body.count / 2)), .close]
        } violations: { seen in
            var violations = Violations()
            violations.check(seen.lists.count >= 2, "lists were \(seen.lists)")
            violations.check(
                !seen.changes.contains { $0.hasPrefix("deleted") },
                "objects came and went: \(seen.changes)"
            )
            violations.check(seen.isExact, "the store is \(seen.stored), not \(seen.expected)")
            return violations.found
        },
    ]
}

extension String {
    /// Summaries join parameters by spaces.
    fileprivate var replacingAmpersands: String { String(map { $0 == "&" ? " " : $0 }) }
}
