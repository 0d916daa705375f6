// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers
import RouteService
import RouteTable
import TestSupport
import Testing

@Suite("Reports of gateways")
struct ReportTests {
    private static let report = """
        {"revision":7,"full":true,"routes":[{"key":"team-a/todo","version":"v1","outcome":"applied"},\
        {"key":"team-a/mail","version":"v2","outcome":"rejected","reason":"IssuerNotTrusted","message":"Configure it."}]}
        """

    @Test("A report is taken in under the gateway's name")
    func accepted() async throws {
        try await RouteStreamWorld.run { world in
            let answer = try await world.report("gateway-1", Self.report)
            #expect(answer.status == 204)
            let received = try #require(world.receiver.received.first)
            #expect(world.receiver.received.count == 1)
            #expect(received.instance == "gateway-1")
            #expect(received.reader == "sallyport-system/sallyport-gateway")
            #expect(received.report.revision == 7 && received.report.isFull)
            #expect(
                received.report.entries == [
                    .init(key: TestRoutes.key("todo"), version: "v1", outcome: .applied),
                    .init(
                        key: TestRoutes.key("mail"),
                        version: "v2",
                        outcome: .rejected(reason: "IssuerNotTrusted", message: "Configure it.")
                    ),
                ]
            )
            #expect(world.metrics.value("route_stream_reports_total{result=accepted}") == 1)
        }
    }

    @Test("A gateway that nothing is known of is asked for a full report")
    func conflict() async throws {
        try await RouteStreamWorld.run { world in
            world.receiver.answer(.fullReportWanted)
            let answer = try await world.report("gateway-1", #"{"revision":7,"full":false,"routes":[]}"#)
            #expect(answer.status == 409)
            #expect(try await answer.reason() == "FullReportWanted")
            #expect(world.receiver.received.count == 1)
        }
    }

    @Test("A report under the name of another pod is refused unread")
    func foreignInstance() async throws {
        try await RouteStreamWorld.run { world in
            let answer = try await world.report("gateway-2", Self.report)
            #expect(answer.status == 403)
            #expect(try await answer.reason() == "WrongInstance")
            #expect(world.receiver.received.isEmpty)
            world.tokens["without-pod"] = .success(ReaderIdentity(name: "file"))
            #expect(try await world.report("gateway-2", Self.report, token: "without-pod").status == 204)
        }
    }

    @Test(
        "A name that no pod can have is refused",
        arguments: ["a%2Fb", "a%20b", "%C3%A4", String(repeating: "x", count: 254)]
    )
    func badInstance(name: String) async throws {
        try await RouteStreamWorld.run { world in
            world.tokens["without-pod"] = .success(ReaderIdentity(name: "file"))
            let answer = try await world.report(name, Self.report, token: "without-pod")
            #expect(answer.status == 400)
            #expect(try await answer.reason() == "BadInstance")
        }
    }

    @Test(
        "What is no report is refused with where it is wrong",
        arguments: [
            ("", "line 1"), ("[]", "must be an object"), ("{", "line 1"), ("{}", "revision"),
            (#"{"revision":1,"full":true}"#, "routes"), (#"{"revision":"1","full":true,"routes":[]}"#, "revision"),
            (#"{"revision":1,"routes":[{"key":"x","version":"v","outcome":"applied"}]}"#, "routes[0].key"),
            (#"{"revision":1,"routes":[{"key":"a/b","version":"v","outcome":"lost"}]}"#, "routes[0].outcome"),
            (#"{"revision":1,"routes":"# + String(repeating: "[", count: 100), "line 1"),
        ]
    )
    func malformed(body: String, hint: String) async throws {
        try await RouteStreamWorld.run { world in
            let answer = try await world.report("gateway-1", body)
            #expect(answer.status == 400)
            let text = String(decoding: try await answer.body.collect(upTo: 1 << 20), as: UTF8.self)
            #expect(text.contains("MalformedReport"))
            #expect(text.contains(hint), "\(text)")
            #expect(world.receiver.received.isEmpty)
            #expect(world.metrics.value("route_stream_reports_total{result=malformed}") == 1)
        }
    }

    @Test("A report above the limit is refused, whether or not its length is announced", arguments: [true, false])
    func tooLarge(isAnnounced: Bool) async throws {
        var options = RouteStreamWorld.Options()
        options.settings.maximumReport = 100_000
        try await RouteStreamWorld.run(options) { world in
            let path = "/v1/gateways/gateway-1/status"
            let bytes = [UInt8](repeating: UInt8(ascii: " "), count: 100_001)
            let pieces = Pieces(isAnnounced ? [] : Array(repeating: Array(bytes.prefix(10_001)), count: 10))
            let body: OutgoingRequest.Body =
                isAnnounced ? .bytes(bytes) : .stream(RequestBody { await pieces.next() }, length: nil)
            let answer = try await world.send(.post, path, body: body)
            #expect(answer.status == 413)
            #expect(try await answer.reason() == "ReportTooLarge")
            let padding = String(repeating: " ", count: 100_000 - Self.report.utf8.count)
            #expect(try await world.report("gateway-1", Self.report + padding).status == 204)
        }
    }

    @Test("A report that does not arrive in time is given up")
    func slow() async throws {
        try await RouteStreamWorld.run { world in
            let gate = AsyncStream<Void>.makeStream()
            let body = RequestBody {
                for await _ in gate.stream {}
                return nil
            }
            defer { gate.continuation.finish() }
            let hasEnded = NIOLockedValueBox(false)
            async let status = {
                defer { hasEnded.withLockedValue { $0 = true } }
                return try await world.send(.post, "/v1/gateways/gateway-1/status", body: .stream(body, length: 10))
                    .status
            }()
            // Others sleep on this clock too, so that who sleeps does not tell whether the report's time has begun.
            let isGivenUp = await eventually {
                world.clock.advance(by: .seconds(1))
                return hasEnded.withLockedValue { $0 }
            }
            #expect(isGivenUp)
            let found = try await status
            #expect(found == 408)
        }
    }
}

/// Chunks of a request's body.
private actor Pieces {
    private var pieces: ArraySlice<[UInt8]>

    init(_ pieces: [[UInt8]]) { self.pieces = pieces[...] }

    func next() -> [UInt8]? { pieces.popFirst() }
}
