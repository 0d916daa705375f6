// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import Testing

@testable import MCPGateway

@Suite("Trace context")
struct TraceContextTests {
    private static let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func passed(_ headers: HTTPHeaders) -> [String] {
        let fields = RequestFields.upstream(headers, configured: [:], sessionID: nil, token: nil, correlationID: "c")
        return fields.values(of: "traceparent") + fields.values(of: "tracestate")
    }

    @Test("A caller's context is passed on as it came")
    func passes() {
        #expect(passed(["traceparent": Self.good, "tracestate": "a=1,b=2"]) == [Self.good, "a=1,b=2"])
        let later = "cc" + Self.good.dropFirst(2) + "-what-the-future-will-be-like"
        #expect(passed(["traceparent": later]) == [later])
    }

    @Test(
        "A context that cannot be read is dropped whole",
        arguments: [
            "", "00", good + "-00", "ff" + good.dropFirst(2), good.uppercased(), good.dropLast() + "g",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", good + "\u{0}",
        ]
    )
    func drops(_ parent: String) {
        #expect(passed(["traceparent": parent, "tracestate": "a=1"]).isEmpty)
        #expect(passed(["tracestate": "a=1"]).isEmpty)
        var twice: HTTPHeaders = ["traceparent": Self.good]
        twice.add(name: "traceparent", value: Self.good)
        #expect(passed(twice).isEmpty)
    }
}

@Suite("Header fields on the way")
struct FieldsTests {
    private static func headers(_ fields: [(String, String)]) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for (name, value) in fields { headers.add(name: name, value: value) }
        return headers
    }

    private static func names(_ headers: HTTPHeaders) -> [String] { headers.map { $0.name.lowercased() } }

    @Test("A caller's credentials, connection and whereabouts never reach an upstream")
    func request() {
        let client = Self.headers([
            ("Authorization", "Bearer canary-1"), ("Cookie", "canary-2"), ("Proxy-Authorization", "canary-3"),
            ("Host", "gateway.example"), ("Forwarded", "for=1.2.3.4"), ("X-Forwarded-For", "1.2.3.4"),
            ("Connection", "keep-alive"), ("Transfer-Encoding", "chunked"), ("Content-Length", "7"),
            ("Origin", "https://gateway.example"), ("Referer", "https://x.example"), ("X-Anything", "canary-4"),
            ("mcp-session-id", "sealed-canary"), ("Accept", "application/json"), ("Content-Type", "application/json"),
            ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Last-Event-ID", "7"),
            ("Mcp-Param-Region", "eu\r\nX: y"),
        ])
        let fields = RequestFields.upstream(
            client,
            configured: [
                "X-Team": "a", "Authorization": "Bearer canary-5", "mcp-session-id": "canary-6", "Accept": "x",
            ],
            sessionID: "own",
            token: Redacted("access"),
            correlationID: "c1"
        )
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "Accept: application/json", "Content-Type: application/json", "MCP-Protocol-Version: 2026-07-28",
                "Mcp-Method: tools/call", "Last-Event-ID: 7", "X-Team: a", "Mcp-Session-Id: own",
                "Authorization: Bearer access", "X-Request-Id: c1",
            ]
        )
        let without = RequestFields.upstream(client, configured: [:], sessionID: nil, token: nil, correlationID: "c1")
        #expect(without["Authorization"] == nil && without["Mcp-Session-Id"] == nil)
    }

    @Test(
        "A client takes event streams if one of its Accept fields says so",
        arguments: [
            ([], false), (["application/json"], false), (["text/event-strea", "m"], false), ([""], false),
            (["text/event-stream"], true), (["application/json, text/event-stream;q=0.5"], true),
            (["application/json", "text/event-stream"], true),
        ] as [([String], Bool)]
    )
    func events(_ values: [String], expected: Bool) {
        #expect(RequestFields.acceptEvents(Self.headers(values.map { ("accept", $0) })) == expected)
    }

    @Test("An upstream cannot act on the gateway's origin")
    func response() {
        let forbidden = [
            "Set-Cookie", "Location", "WWW-Authenticate", "Access-Control-Allow-Origin", "Clear-Site-Data", "Refresh",
            "Link", "Server", "Content-Security-Policy", "X-Frame-Options", "Strict-Transport-Security", "Alt-Svc",
            "Content-Disposition", "Connection", "Transfer-Encoding", "Content-Encoding", "Trailer", "Upgrade", "Via",
            "Public-Key-Pins", "Report-To", "NEL", "Sourcemap", "Service-Worker-Allowed", "ETag", "X-Request-Id",
        ]
        let upstream = Self.headers(
            forbidden.map { ($0, "x") } + [
                ("Content-Type", "text/html"), ("mcp-session-id", "own"), ("Mcp-Protocol-Version", "2025-11-25"),
                ("Cache-Control", "no-cache"), ("Retry-After", "5"), ("Mcp-Long", String(repeating: "a", count: 4_097)),
                ("Mcp-Strange", "\u{e9}"),
            ]
        )
        let fields = ResponseFields.client(upstream, contentType: "application/json", sessionID: "sealed")
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/json", "Mcp-Protocol-Version: 2025-11-25", "Cache-Control: no-cache",
                "Retry-After: 5", "Mcp-Session-Id: sealed",
            ]
        )
    }
}
