// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import KubernetesClient
import KubernetesTesting

extension ClientFaultTests {
    static let lostConnections: [ClientFault] = [
        exact(
            "T55: a create whose answer was lost is delivered once, and may have happened",
            outcome: ["transport, may have been applied: true"],
            requests: ["POST"]
        ) { request, _, _ in
            [.close]
        } operation: { log, client in
            do {
                _ = try await client.widgets.create(["kind": "Widget"], namespace: "a")
            } catch let error as APIError {
                log.add("\(error.code.rawValue), may have been applied: \(error.mayHaveBeenApplied)")
            }
        },
        exact(
            "T55: a create on a connection that the server has given up is delivered once",
            outcome: ["version 5", "transport"],
            requests: ["GET", "POST"]
        ) { _, number, _ in
            number == 1 ? [.reset] : nil
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt { try await client.widgets.create(["kind": "Widget"], namespace: "a") }
        },
        ClientFault("T56: a reset is survived by what may be repeated, and by nothing else") { _, number, _ in
            [0, 2, 4].contains(number) ? [.reset] : nil
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt {
                try await client.widgets.apply(["size": 1], to: todo, fieldManager: "m", force: true)
            }
            try await log.attempt { try await client.widgets.mergePatch(["size": 1], to: todo, fieldManager: "m") }
        } violations: { seen in
            var found = Violations()
            found.check(
                seen.received.map(\.method) == ["GET", "GET", "PATCH", "PATCH", "PATCH"],
                "the requests were \(seen.requests)"
            )
            found.check(
                seen.outcome == ["version 5", "version 5", "transport"],
                "the outcome was \(seen.outcome)"
            )
            return found.found
        },
    ]
}
