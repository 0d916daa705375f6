// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import TestSupport
import Testing

@Suite("Scripted HTTP client")
struct ScriptedHTTPClientTests {
    @Test("It answers from the script and remembers what it was asked, failures included")
    func remembers() async throws {
        let client = ScriptedHTTPClient { request in
            guard request.method == .get else { throw HTTPTransportError(.connectionFailed, "scripted") }
            return IncomingResponse(status: 204)
        }
        #expect(try await client.send(OutgoingRequest(.get, "http://a.example/1")).status == 204)
        await #expect(throws: HTTPTransportError(.connectionFailed, "scripted")) {
            _ = try await client.send(OutgoingRequest(.post, "http://a.example/2"))
        }
        #expect(client.requests.map(\.url) == ["http://a.example/1", "http://a.example/2"])
    }

    @Test("Its factory remembers the rules that clients were made for")
    func factory() throws {
        let factory = ScriptedHTTPClientFactory(ScriptedHTTPClient { _ in IncomingResponse(status: 200) })
        _ = try factory.makeClient(HTTPClientConfiguration(version: .http2))
        _ = try factory.makeClient(HTTPClientConfiguration(version: .http1))
        #expect(factory.configurations.map(\.version) == [.http2, .http1])
    }
}
