// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("Response heads")
struct ResponseHeadTests {
    private func parse(_ lines: String...) -> (head: ResponseHead?, reason: String?) {
        var parser = ResponseHeadParser()
        var found: ResponseHead?
        for line in lines {
            switch parser.line(Array((line + "\r\n").utf8)) {
            case .more: continue
            case .head(let head): found = head
            case .invalid(let reason): return (found, reason)
            }
        }
        return (found, nil)
    }

    @Test("Status and fields are read, and blanks around values are not")
    func plain() {
        let head = parse("HTTP/1.1 404 Not Found", "A:  1 \t", "a: 2", "Empty:", "").head
        #expect(head?.status == 404)
        #expect(head?.headers.values(of: "A") == ["1", "2"])
        #expect(head?.headers["empty"] == "")
    }

    @Test("HTTP/2 heads have no reason phrase")
    func version2() {
        #expect(parse("HTTP/2 204", "").head?.status == 204)
    }

    @Test("Interim heads are skipped with their fields")
    func interim() {
        let head = parse("HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 200 OK", "A: 1", "").head
        #expect(head?.status == 200)
        #expect(head?.headers.map(\.name) == ["A"])
    }

    @Test("A folded value is one value")
    func folded() {
        #expect(parse("HTTP/1.1 200 OK", "A: 1", "  2", "").head?.headers["A"] == "1 2")
    }

    @Test("Trailers are no part of the head")
    func trailers() {
        #expect(parse("HTTP/1.1 200 OK", "", "T: 1", "").head?.headers["T"] == nil)
    }

    @Test(
        "What is no head is refused",
        arguments: [
            "HTTP/1.1 abc", "HTTP/1.1", "HTTP/1.1 99", "no colon", "", "A: " + String(repeating: "x", count: 300_000),
        ]
    )
    func invalid(_ line: String) {
        #expect(parse(line).reason != nil)
    }
}
