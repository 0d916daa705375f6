// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesClient
import KubernetesTesting

extension ClientFaultTests {
    static let retries: [ClientFault] = [
        exact(
            "T57: a server that says to come back at once is asked ten times more, and the eleventh answer is good",
            outcome: ["version 5"],
            requests: Array(repeating: "GET", count: 11)
        ) { _, number, _ in
            number < 10 ? failure(503, "ServiceUnavailable", ("Retry-After", "0")) : nil
        } operation: {
            try await read($0, $1)
        },
        exact(
            "T57: after eleven refusals the caller is told",
            outcome: ["internal_error"],
            requests: Array(repeating: "GET", count: 11)
        ) { _, _, _ in
            failure(500, "InternalError", ("Retry-After", "0"))
        } operation: {
            try await read($0, $1)
        },
        exact(
            "T58: a time of day in Retry-After is no wait",
            outcome: ["too_many_requests"],
            requests: ["GET"]
        ) { _, _, _ in
            failure(429, "TooManyRequests", ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"))
        } operation: {
            try await read($0, $1)
        } also: { seen, found in
            found.check(seen.pauses.isEmpty, "it paused \(seen.pauses)")
        },
        ClientFault("T59: two warnings in one line, with quotes inside, are logged once each") { _, _, _ in
            let warning = #"299 - "old \"v1\"", 299 - "second, too""#
            let headers = [("Content-Type", "application/json"), ("Warning", warning)]
            return [.response(status: 200, headers: headers, body: Widget.text("todo"))]
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt { try await client.widgets.get(todo) }
        } violations: { seen in
            var found = Violations()
            found.check(seen.warnings == [#"old "v1""#, "second, too"], "the warnings were \(seen.warnings)")
            found.check(seen.outcome == ["version 5", "version 5"], "the outcome was \(seen.outcome)")
            return found.found
        },
    ]
}
