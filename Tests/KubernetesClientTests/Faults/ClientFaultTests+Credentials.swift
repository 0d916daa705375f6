// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesClient
import KubernetesTesting

extension ClientFaultTests {
    /// The tokens that arrived, each marked unless it came over TLS.
    private static func tokens(_ seen: Exchange) -> [String] {
        seen.received.map { request in
            let isSecure = request.headers["X-TLS-Protocol"]?.hasPrefix("TLSv1.") == true
            return (request.headers["Authorization"] ?? "").dropFirst("Bearer ".count) + (isSecure ? "" : " in clear")
        }
    }

    /// Refuses the token `one` once it has been sent a first time, and does something to the file then.
    private static func rotation(
        _ name: String,
        file: @escaping @Sendable (ScriptedFiles) -> Void,
        sent: [String],
        outcome: [String]
    ) -> ClientFault {
        ClientFault(name, token: "one") { request, number, files in
            guard number > 0, request.headers["Authorization"] == "Bearer one" else { return nil }
            file(files)
            return failure(401, "Unauthorized")
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt { try await client.widgets.create(["kind": "Widget"], namespace: "a") }
        } violations: { seen in
            var found = Violations()
            found.check(tokens(seen) == sent, "the tokens sent were \(tokens(seen))")
            found.check(seen.outcome == outcome, "the outcome was \(seen.outcome)")
            found.check(seen.pauses.isEmpty, "it paused \(seen.pauses)")
            return found.found
        }
    }

    static let credentials: [ClientFault] = [
        rotation(
            "T41: a token refused because it was rotated is read again, and the caller notices nothing",
            file: { $0[ClientFault.tokenFile] = "two" },
            sent: ["one", "one", "two"],
            outcome: ["version 5", "version 5"]
        ),
        ClientFault("T42: while the token's file is away the last token is sent", token: "one") { _, number, files in
            files[ClientFault.tokenFile] = nil
            // The refusal has the file read again, which is not there.
            return number == 0 ? failure(401, "Unauthorized") : nil
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt { try await client.widgets.get(todo) }
        } violations: { seen in
            var found = Violations()
            found.check(tokens(seen) == ["one", "one"], "the tokens sent were \(tokens(seen))")
            found.check(seen.outcome == ["unauthorized", "version 5"], "the outcome was \(seen.outcome)")
            return found.found
        },
        ClientFault("T43: a token's file that is empty for a moment does not replace the last token", token: "one") {
            _,
            number,
            files in
            files[ClientFault.tokenFile] = " \n"
            return number == 0 ? failure(401, "Unauthorized") : nil
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt { try await client.widgets.get(todo) }
        } violations: { seen in
            var found = Violations()
            found.check(tokens(seen) == ["one", "one"], "the tokens sent were \(tokens(seen))")
            found.check(seen.outcome == ["unauthorized", "version 5"], "the outcome was \(seen.outcome)")
            return found.found
        },
    ]
}
