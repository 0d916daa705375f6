// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import Curl

@Suite("Targets of requests")
struct RequestTargetTests {
    private let rules = HTTPClientConfiguration()

    @Test("A URL that comes again is not read again, unless it has a query or an address comes with it")
    func repeated() throws {
        let targets = RequestTargets()
        func isKept(_ request: OutgoingRequest) throws -> Bool {
            try targets.target(of: request, rules) === targets.target(of: request, rules)
        }
        #expect(try isKept(OutgoingRequest(.post, "http://a.example/mcp")))
        #expect(try !isKept(OutgoingRequest(.post, "http://a.example/mcp?key=secret")))
        let address = IPAddress("10.0.0.7")
        let dialled = OutgoingRequest(.post, "http://a.example/mcp", address: address)
        #expect(try !isKept(dialled))
        #expect(try targets.target(of: dialled, rules).connectTo == "a.example:80:10.0.0.7:80")
        #expect(try targets.target(of: OutgoingRequest(.post, "http://a.example/mcp"), rules).connectTo == nil)
    }

    @Test("However many URLs there are, each is read as it is")
    func many() throws {
        let targets = RequestTargets()
        for number in [1...1_500, 1...10].joined() {
            let url = "http://a.example/\(number)"
            #expect(try targets.target(of: OutgoingRequest(.get, url), rules).url == url)
        }
    }
}
