// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
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

    private static func failure(_ code: Int, _ reason: String, _ headers: (String, String)...) -> [ServerStep] {
        let body = #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","code":\#(code)}"#
        return [.response(status: code, headers: [("Content-Type", "application/json")] + headers, body: body)]
    }

    /// The case where what must be seen is the outcome and the requests' summaries, exactly.
    private static func exact(
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
}

// MARK: - Credentials

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

    private static let credentials: [ClientFault] = [
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

// MARK: - Writes

extension ClientFaultTests {
    private static let fieldConflict =
        #"{"kind":"Status","status":"Failure","reason":"Conflict","code":409,"details":{"causes":["#
        + #"{"reason":"FieldManagerConflict","field":".size","message":"conflict with \"other\""}]}}"#

    private static let writes: [ClientFault] = [
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

// MARK: - Lost connections

extension ClientFaultTests {
    private static let lostConnections: [ClientFault] = [
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

// MARK: - Retries

extension ClientFaultTests {
    private static let read: ClientFault.Operation = { log, client in
        try await log.attempt { try await client.widgets.get(todo) }
    }

    private static let retries: [ClientFault] = [
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

// MARK: - Bodies and selections

extension ClientFaultTests {
    private static let encodings: [ClientFault] = [
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

    private static let selections: [ClientFault] = [
        ClientFault("T75: one object is watched under a right to its name alone") { request, _, _ in
            request[parameter: "fieldSelector"] == "metadata.name=x" ? nil : failure(403, "Forbidden")
        } operation: { log, client in
            for selector in ["metadata.name=x", "metadata.name=y", nil] {
                let name = selector ?? "all"
                do {
                    let page = try await client.widgets.list(ListOptions(fieldSelector: selector))
                    var options = WatchOptions(
                        resourceVersion: page.resourceVersion,
                        timeout: .seconds(300),
                        idleDeadline: .seconds(70)
                    )
                    options.fieldSelector = selector
                    let events = try await WatchSequenceTests.transcript(client.widgets.watch(options))
                    log.add("\(name): \(events)")
                } catch let error as APIError {
                    log.add("\(name): \(error.code.rawValue)")
                }
            }
        } violations: { seen in
            let expected = [
                #"metadata.name=x: ["applied x"]"#, "metadata.name=y: forbidden", "all: forbidden",
            ]
            return seen.outcome == expected ? [] : ["the outcome was \(seen.outcome)"]
        },
        ClientFault("T76: of a server that sends whole objects where metadata is asked for, metadata is taken") {
            request,
            _,
            _ in
            guard request.headers["Accept"]?.contains("as=PartialObjectMetadata") == true else { return nil }
            // Whole, and of a size that no widget can have.
            let whole = Widget.text("whole", size: #""none""#)
            guard request.isWatch else {
                return [.response(status: 200, body: ResourceClientTests.list([whole]))]
            }
            return [.head(), .chunk(#"{"type":"ADDED","object":\#(whole)}"# + "\n"), .endOfChunks]
        } operation: { log, client in
            let partial: ResourceClient<PartialObjectMetadata<Widget>> = client.resources(in: .namespace("a"))
            let page = try await partial.list()
            for case .valid(let object) in page.items { log.add("listed \(object.metadata.name)") }
            let options = WatchOptions(
                resourceVersion: page.resourceVersion,
                timeout: .seconds(300),
                idleDeadline: .seconds(70)
            )
            for try await event in try await partial.watch(options) {
                if case .applied(.valid(let object)) = event { log.add("watched \(object.metadata.name)") }
            }
        } violations: { seen in
            seen.outcome == ["listed whole", "watched whole"] ? [] : ["the outcome was \(seen.outcome)"]
        },
    ]
}
