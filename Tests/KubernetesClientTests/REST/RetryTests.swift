// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Retries", .timeLimit(.minutes(10)))
struct RetryTests {
    static let reset = HTTPTransportError(.connectionLost, "The connection was reset.", mayHaveBeenSent: true)

    @Test("T24: A server that is shutting down is asked again when it said")
    func shutdown() async throws {
        let fixture = try ClientFixture(answers: [
            {
                IncomingResponse(
                    status: 429,
                    headers: ["Content-Type": "text/plain", "Retry-After": "5", "Connection": "close"],
                    body: ResponseBody(bytes: Array("The apiserver is shutting down".utf8))
                )
            }, { .json(Widget.text("todo"), status: 201) },
        ])
        _ = try await fixture.advancing(by: .seconds(1)) {
            try await fixture.widgets.create(["kind": "Widget"], namespace: "a")
        }
        #expect(fixture.http.requests.count == 2)
        #expect(fixture.clock.now.offset == .seconds(5))
    }

    @Test("T25: A page from a load balancer becomes serviceUnavailable after three more tries")
    func loadBalancer() async throws {
        let fixture = try ClientFixture { _ in
            IncomingResponse(
                status: 503,
                headers: ["Content-Type": "text/html"],
                body: ResponseBody(bytes: Array("<html>Service down</html>".utf8))
            )
        }
        let error = try await #require(throws: APIError.self) {
            try await fixture.advancing { try await fixture.widgets.get(todo) }
        }
        #expect(error.code == .serviceUnavailable)
        #expect(error.message.contains("'<html>Service down</html>'"))
        #expect(fixture.http.requests.count == 4)
    }

    @Test("T55: A create whose connection broke is not sent again, and says that it may have happened")
    func ambiguousCreate() async throws {
        let fixture = try ClientFixture { _ in throw Self.reset }
        let error = try await #require(throws: APIError.self) {
            try await fixture.widgets.create(["kind": "Widget"], namespace: "a")
        }
        #expect(error.mayHaveBeenApplied)
        #expect(error.transport == "connection_lost")
        #expect(fixture.http.requests.count == 1)
        #expect(fixture.http.requests.first?.mayBeResent == false)
    }

    @Test("T56: A read or an apply whose connection broke is sent again, a merge patch is not")
    func lostConnections() async throws {
        let answer: @Sendable () throws -> IncomingResponse = { .json(Widget.text("todo")) }
        let read = try ClientFixture(answers: [{ throw Self.reset }, answer])
        _ = try await read.advancing { try await read.widgets.get(todo) }
        #expect(read.http.requests.count == 2)
        let apply = try ClientFixture(answers: [{ throw Self.reset }, answer])
        _ = try await apply.advancing {
            try await apply.widgets.apply(["size": 1], to: todo, fieldManager: "m", force: true)
        }
        #expect(apply.http.requests.count == 2)
        let patch = try ClientFixture(answers: [{ throw Self.reset }, answer])
        await #expect(throws: APIError.self) {
            try await patch.widgets.mergePatch(["size": 1], to: todo, fieldManager: "m")
        }
        #expect(patch.http.requests.count == 1)
    }

    @Test("A list whose body breaks off is read again from its start")
    func brokenList() async throws {
        let fixture = try ClientFixture(answers: [
            {
                let text = ResourceClientTests.list([Widget.text("x")])
                return IncomingResponse(
                    status: 200,
                    body: ResponseBody(BreakingBody(String(text.dropLast(5)), then: Self.reset))
                )
            }, { .json(ResourceClientTests.list([Widget.text("x"), Widget.text("y")])) },
        ])
        let page = try await fixture.advancing { try await fixture.widgets.list() }
        #expect(page.items.count == 2)
    }

    @Test("T57: Retry-After of zero is followed at once, ten times, and then the error is the caller's")
    func retryAfterZero() async throws {
        let fixture = try ClientFixture { _ in .failure(500, "InternalError", headers: ["Retry-After": "0"]) }
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(error.code == .internalError)
        #expect(fixture.http.requests.count == 11)
        #expect(fixture.clock.now.offset == .zero)
    }

    @Test("T58: A Retry-After with a date is passed over")
    func retryAfterDate() async throws {
        let fixture = try ClientFixture { _ in
            .failure(429, "TooManyRequests", headers: ["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"])
        }
        let error = try await #require(throws: APIError.self) { try await fixture.widgets.get(todo) }
        #expect(error.code == .tooManyRequests)
        #expect(error.retryAfter == nil)
        #expect(fixture.http.requests.count == 1)
    }

    @Test("A wait between two tries ends with its task")
    func cancelledWait() async throws {
        let fixture = try ClientFixture { _ in .failure(503, "ServiceUnavailable", headers: ["Retry-After": "30"]) }
        let task = Task { try await fixture.widgets.get(todo) }
        defer { task.cancel() }
        #expect(await eventually { fixture.clock.sleeperCount == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.valueInTime() }
    }

    @Test("T59: Each warning of the server is logged once")
    func warnings() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let logger = Logger(label: "test") { _ in WarningRecorder(texts: lines) }
        let fixture = try ClientFixture(logger: logger) { _ in
            .json(Widget.text("todo"), headers: ["Warning": #"299 - "old \"v1\"", 299 - "second""#])
        }
        _ = try await fixture.widgets.get(todo)
        _ = try await fixture.widgets.get(todo)
        #expect(lines.withLockedValue { $0 } == [#"old "v1""#, "second"])
    }
}
