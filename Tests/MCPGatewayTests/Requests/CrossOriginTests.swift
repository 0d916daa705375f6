// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@testable import MCPGateway

@Suite("Pages of other origins")
struct CrossOriginTests {
    private static let page = "https://inspector.example"

    @Test("A page of a configured origin learns what it may send, without a token")
    func preflight() async throws {
        try await GatewayWorld.run(origins: [Self.page], server: GatewayWorld.content) { world in
            let asking: HTTPHeaders = ["Origin": Self.page, "Access-Control-Request-Method": "POST"]
            let answer = try await world.send("OPTIONS", as: nil, headers: asking)
            #expect(answer.status == 204)
            #expect(answer.headers["Access-Control-Allow-Origin"] == Self.page)
            #expect(answer.headers["Access-Control-Allow-Methods"] == "POST, GET, DELETE")
            #expect(answer.headers["Access-Control-Allow-Headers"]?.contains("authorization") == true)
            #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(answer.headers["Vary"] == "Origin")
        }
    }

    @Test("It may read answers and refusals, with the challenge that says where to sign in")
    func answers() async throws {
        try await GatewayWorld.run(origins: [Self.page], server: GatewayWorld.content) { world in
            for user in ["alice", nil] {
                let answer = try await world.send(as: user, headers: ["Origin": Self.page])
                #expect(answer.status == (user == nil ? 401 : 200))
                #expect(answer.headers["Access-Control-Allow-Origin"] == Self.page)
                #expect(answer.headers["Access-Control-Expose-Headers"]?.contains("www-authenticate") == true)
            }
        }
    }

    @Test("A page of any other origin is told nothing", arguments: ["https://evil.example", "null", ""])
    func others(_ origin: String) async throws {
        try await GatewayWorld.run(origins: [Self.page], server: GatewayWorld.content) { world in
            for method in ["OPTIONS", "POST"] {
                let headers: HTTPHeaders = ["Origin": origin, "Access-Control-Request-Method": "POST"]
                let answer = try await world.send(method, headers: headers)
                #expect(answer.status == 403)
                #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
            }
        }
    }

    @Test("A client that is no browser sees nothing of it, and a bare OPTIONS is no method")
    func plain() async throws {
        try await GatewayWorld.run(origins: [Self.page], server: GatewayWorld.content) { world in
            let answer = try await world.send()
            #expect(answer.status == 200 && answer.headers["Access-Control-Allow-Origin"] == nil)
            let options = try await world.send("OPTIONS")
            #expect(options.status == 405)
        }
    }
}
