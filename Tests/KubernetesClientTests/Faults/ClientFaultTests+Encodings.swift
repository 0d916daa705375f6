// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesClient
import KubernetesTesting

extension ClientFaultTests {
    static let encodings: [ClientFault] = [
        exact(
            "T60: a success that holds a failure is a failure",
            outcome: ["expired"],
            requests: ["GET"]
        ) { _, _, _ in
            [.response(status: 200, body: #"{"kind":"Status","status":"Failure","reason":"Expired","code":410}"#)]
        } operation: {
            try await read($0, $1)
        },
        exact(
            "T60: a compressed answer that nobody asked for is refused, not misread",
            outcome: ["unexpected_response"],
            requests: ["GET"]
        ) { request, _, _ in
            guard request.headers["Accept-Encoding"] == nil else { return nil }
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
            return [.bytes(Array(head.utf8) + [0x1F, 0x8B, 0x08, 0x00])]
        } operation: {
            try await read($0, $1)
        },
        ClientFault("T60: what follows the last chunk of a body is not part of it") { _, number, _ in
            guard number == 0 else { return nil }
            let body = Widget.text("todo", version: "77")
            return [
                .head(headers: [("Content-Type", "application/json"), ("Trailer", "X-After")]),
                .chunk(String(body.prefix(20))), .chunk(String(body.dropFirst(20))),
                .text("0\r\nX-After: {\"kind\":\"Status\"}\r\n\r\n"),
            ]
        } operation: { log, client in
            try await log.attempt { try await client.widgets.get(todo) }
            try await log.attempt { try await client.widgets.get(todo) }
        } violations: { seen in
            var found = Violations()
            found.check(seen.outcome == ["version 77", "version 5"], "the outcome was \(seen.outcome)")
            let connections = Set(seen.received.map(\.connection))
            found.check(connections.count == 1, "the connection was not used again")
            return found.found
        },
    ]
}
