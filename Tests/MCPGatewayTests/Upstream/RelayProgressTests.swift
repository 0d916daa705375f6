// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import MCPGateway

@Suite("What follows on an upstream's answer")
struct RelayProgressTests {
    private static let json: HTTPHeaders = ["Content-Type": "application/json; charset=utf-8"]
    private static let events: HTTPHeaders = ["Content-Type": "text/event-stream"]
    private static let html: HTTPHeaders = ["Content-Type": "text/html"]

    private static func step(_ status: Int, _ headers: HTTPHeaders, hasToken: Bool = true) -> RelayProgress.Step {
        var progress = RelayProgress(hasToken: hasToken, mayRepeat: true)
        return progress.next(status: status, headers)
    }

    @Test("Only JSON, event streams and empty answers pass as answers")
    func content() {
        #expect(Self.step(200, Self.json) == .pass(.json))
        #expect(Self.step(200, ["content-type": " Text/Event-Stream ;x=y"]) == .pass(.events))
        #expect(Self.step(202, [:]) == .pass(.none))
        #expect(Self.step(200, Self.html) == .refuse(.contentType))
        #expect(Self.step(200, [:]) == .refuse(.contentType))
        #expect(Self.step(200, ["Content-Type": "application/json-seq"]) == .refuse(.contentType))
        #expect(Self.step(200, ["Content-Type": ""]) == .refuse(.contentType))
        var two = Self.json
        two.add(name: "Content-Type", value: "text/html")
        #expect(Self.step(200, two) == .refuse(.contentType))
    }

    @Test("Statuses of the protocol pass, with their body only if it may; redirections and failures do not")
    func statuses() {
        for status in [400, 404, 405, 406, 415, 429] {
            #expect(Self.step(status, Self.json) == .pass(.json))
            #expect(Self.step(status, Self.html) == .passStatus)
        }
        #expect(Self.step(403, Self.html) == .passStatus)
        for status in [100, 199, 300, 301, 302, 304, 307, 308, 600, 999] {
            #expect(Self.step(status, Self.json) == .refuse(.status(status)))
        }
        #expect(Self.step(500, Self.json) == .pass(.json))
        #expect(Self.step(502, Self.html) == .refuse(.failed(502)))
        #expect(Self.step(503, Self.events) == .refuse(.failed(503)))
    }

    @Test("A refused token is replaced once, and not at all where the request cannot be sent again or had none")
    func refusedToken() {
        var progress = RelayProgress(hasToken: true, mayRepeat: true)
        #expect(progress.next(status: 401, Self.html) == .replaceToken)
        #expect(!progress.hasGivenUp)
        #expect(progress.next(status: 401, Self.json) == .refuse(.rejectedToken))
        #expect(progress.hasGivenUp)
        var large = RelayProgress(hasToken: true, mayRepeat: false)
        #expect(large.next(status: 401, Self.json) == .refuse(.rejectedTokenOfLargeRequest))
        #expect(Self.step(401, Self.json, hasToken: false) == .refuse(.wantsToken))
    }

    @Test("Scopes are asked for at most three times in one request, and only when the server says which way")
    func stepUp() {
        let challenge: HTTPHeaders = [
            "WWW-Authenticate": #"Bearer error="insufficient_scope", scope="read write""#,
            "Content-Type": "application/json",
        ]
        var progress = RelayProgress(hasToken: true, mayRepeat: true)
        for _ in 0..<3 { #expect(progress.next(status: 403, challenge) == .stepUp(["read", "write"])) }
        #expect(progress.next(status: 403, challenge) == .refuse(.scopesWithoutEnd))
        #expect(Self.step(403, Self.json) == .pass(.json))
        #expect(Self.step(403, challenge, hasToken: false) == .pass(.json))
        var large = RelayProgress(hasToken: true, mayRepeat: false)
        #expect(large.next(status: 403, challenge) == .refuse(.scopeNeeded(["read", "write"])))
    }

    @Test("A message is measured from one empty line to the next, wherever the pieces are cut")
    func meter() {
        func fits(_ pieces: [String], _ content: UpstreamContent = .events, limit: Int = 10) -> Bool {
            var meter = MessageMeter(content, limit: limit)
            return pieces.allSatisfy { meter.take(Array($0.utf8)) }
        }
        #expect(fits(["data: 1\n\ndata: 2\n\n", "data: 3", "\n", "\n", "data: 4\n\n"]))
        #expect(fits(["data: 1\r\n\r", "\ndata: 2\r\n\r\n"], limit: 12))
        #expect(fits(["data: 1\r\rdata: 2\r\r"]))
        #expect(!fits(["data: 1\ndata: 2\n\n"]))
        #expect(!fits(["data: 1\r\n", "data: 2\r\n\r\n"], limit: 12))
        #expect(!fits([String(repeating: "a", count: 11)]))
        #expect(fits(["12345", "67890"], .json))
        #expect(!fits(["12345", "678901"], .json))
        #expect(!fits(["123\n\n45", "678901"], .json))
    }
}
