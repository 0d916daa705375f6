// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import KubernetesClient
import KubernetesTesting

extension ClientFaultTests {
    private static let fieldConflict =
        #"{"kind":"Status","status":"Failure","reason":"Conflict","code":409,"details":{"causes":["#
        + #"{"reason":"FieldManagerConflict","field":".size","message":"conflict with \"other\""}]}}"#

    static let writes: [ClientFault] = [
        ClientFault("T51: an update that loses a race is computed again from what won") { request, number, _ in
            switch (request.method, number) {
            case ("GET", _):
                [.response(status: 200, body: Widget.text("todo", size: "\(number)", version: "\(number + 10)"))]
            case (_, ..<4): failure(409, "Conflict")
            default: nil
            }
        } operation: { log, client in
            try await log.attempt {
                try await client.widgets.update(todo, fieldManager: "m") { ["size": .integer(Int64($0.size))] }
            }
        } violations: { seen in
            let bodies = seen.received.filter { $0.method == "PATCH" }.map { String(decoding: $0.body, as: UTF8.self) }
            let expected = [0, 2, 4].map {
                #"{"size":\#($0),"metadata":{"resourceVersion":"\#($0 + 10)"}}"#
            }
            var found = Violations()
            found.check(
                bodies.map { $0.sorted() } == expected.map { $0.sorted() },
                "the patches were \(bodies)"
            )
            found.check(seen.outcome == ["version 5"], "the outcome was \(seen.outcome)")
            found.check(seen.pauses.count == 2, "it paused \(seen.pauses)")
            return found.found
        },
        ClientFault("T52: a conflict of field managers names the fields, and force takes them over") { request, _, _ in
            request[parameter: "force"] == "true" ? nil : [.response(status: 409, body: fieldConflict)]
        } operation: { log, client in
            do {
                _ = try await client.widgets.apply(["size": 1], to: todo, fieldManager: "m", force: false)
            } catch let error as APIError {
                log.add("\(error.code.rawValue) of \(error.causes.map(\.field))")
            }
            try await log.attempt {
                try await client.widgets.apply(["size": 1], to: todo, fieldManager: "m", force: true)
            }
        } violations: { seen in
            var found = Violations()
            found.check(
                seen.outcome == [#"conflict of [".size"]"#, "version 5"],
                "the outcome was \(seen.outcome)"
            )
            found.check(seen.requests.count == 2, "the requests were \(seen.requests)")
            return found.found
        },
        exact(
            "T54: a delete is done when the object comes back or nothing is there, and spares a namesake",
            outcome: ["done", "not_found", "conflict"],
            requests: ["DELETE", "DELETE", "DELETE"]
        ) { request, number, _ in
            switch number {
            case 0: [.response(status: 200, body: Widget.text("todo"))]
            case 1: failure(404, "NotFound")
            default:
                String(decoding: request.body, as: UTF8.self).contains(#""uid":"u""#)
                    ? failure(409, "Conflict") : nil
            }
        } operation: { log, client in
            for _ in 0..<3 {
                do {
                    try await client.widgets.delete(todo, uid: "u")
                    log.add("done")
                } catch let error as APIError {
                    log.add(error.code.rawValue)
                }
            }
        },
    ]
}
