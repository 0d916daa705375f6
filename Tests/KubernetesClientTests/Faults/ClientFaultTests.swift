// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesClient
import KubernetesTesting
import Testing

/// What a client makes of answers that go wrong, over real sockets.
@Suite("Faults of requests", .timeLimit(.minutes(10)), .secureServer)
struct ClientFaultTests {
    @Test("The caller gets what is true", arguments: cases)
    func holds(_ fault: ClientFault) async throws {
        let found = fault.violations(try await fault.run(faulty: true))
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test("Without the fault the same case fails, so it can fail", arguments: cases)
    func negativeControl(_ fault: ClientFault) async throws {
        #expect(!fault.violations(try await fault.run(faulty: false)).isEmpty)
    }

    private static let cases = credentials + writes + lostConnections + retries + encodings + selections

    static func failure(_ code: Int, _ reason: String, _ headers: (String, String)...) -> [ServerStep] {
        let body = #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","code":\#(code)}"#
        return [.response(status: code, headers: [("Content-Type", "application/json")] + headers, body: body)]
    }

    /// The case where what must be seen is the outcome and the requests' summaries, exactly.
    static func exact(
        _ name: String,
        token: String? = nil,
        outcome: [String],
        requests: [String],
        script: @escaping ClientFault.Script,
        operation: @escaping ClientFault.Operation,
        also: @escaping @Sendable (Exchange, inout Violations) -> Void = { _, _ in }
    ) -> ClientFault {
        ClientFault(name, token: token, script: script, operation: operation) { seen in
            var found = Violations()
            found.check(seen.outcome == outcome, "the outcome was \(seen.outcome)")
            found.check(seen.requests == requests, "the requests were \(seen.requests)")
            also(seen, &found)
            return found.found
        }
    }

    static let read: ClientFault.Operation = { log, client in
        try await log.attempt { try await client.widgets.get(todo) }
    }
}
