// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
import RouteTable
import Testing

@Suite("Route event")
struct RouteEventTests {
    private static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/route-stream.ndjson")

    /// One of each type, and a route of each mode.
    private static let events: [RouteEvent] =
        [.reset(revision: 5, count: 5)]
        + [
            RouteAuthentication.none, .tokenForwarding(.init(requiredAudiences: ["backend"])),
            Sample.authorizationCode(Sample.posted), Sample.exchange(Sample.open),
            Sample.enterprise(Sample.secret, Sample.key),
        ].enumerated().map { position, authentication in
            .put(
                revision: Int64(position + 1),
                VersionedRoute(
                    route: Sample.route("server-\(position)", by: authentication, isBare: position == 0),
                    version: "000000000000000\(position)"
                )
            )
        } + [
            .keep(RouteKey(namespace: "team-a", name: "server-1")), .synced(revision: 5), .heartbeat,
            .delete(revision: 6, RouteKey(namespace: "team-a", name: "server-0")),
        ]

    @Test("what is read back is what was written, for every mode and every form of credential")
    func roundTrip() throws {
        for authentication in Sample.authentications {
            for isBare in [true, false] {
                let route = VersionedRoute(
                    route: Sample.route(by: authentication, isBare: isBare),
                    version: "0123456789abcdef"
                )
                let event = RouteEvent.put(revision: 9, route)
                let bytes = RouteLine(event).bytes
                let read = try RouteEvent(json: JSONValue(parsing: bytes))
                guard case .put(9, let back) = read else {
                    Issue.record("\(read.kind) is not what was written")
                    continue
                }
                #expect(back == route.withoutSources)
                #expect(RouteLine(read).bytes == bytes)
            }
        }
    }

    @Test("the stream's lines are the golden ones, byte for byte")
    func goldenLines() throws {
        let written = Self.events.map { String(decoding: RouteLine($0).bytes, as: UTF8.self) }
        if ProcessInfo.processInfo.environment["SALLYPORT_REFRESH_GOLDEN"] != nil {
            try Data(written.joined().utf8).write(to: Self.golden)
        }
        let golden = String(decoding: try Data(contentsOf: Self.golden), as: UTF8.self)
        #expect(golden == written.joined(), "Set SALLYPORT_REFRESH_GOLDEN to write it anew, if the change is meant.")
        let read = try golden.split(separator: "\n").map { try RouteEvent(json: JSONValue(parsing: String($0))) }
        #expect(read == (try Self.events.map { try RouteEvent(json: $0.json) }))
    }

    @Test("members that are not known are passed over")
    func unknownMembers() throws {
        let text = #"{"type":"DELETE","revision":4,"key":"a/b","since":{"then":1}}"#
        #expect(
            try RouteEvent(json: JSONValue(parsing: text)) == .delete(revision: 4, RouteKey(namespace: "a", name: "b"))
        )
    }

    @Test(
        "what is no event is refused, and the error names the place",
        arguments: [
            (#"{}"#, "type"), (#"{"type":"PATCH","revision":1}"#, "type"), (#"{"type":7}"#, "type"),
            (#"{"type":"reset","revision":1,"count":0}"#, "type"), (#"{"type":"RESET","count":0}"#, "revision"),
            (#"{"type":"RESET","revision":1}"#, "count"), (#"{"type":"RESET","revision":1.5,"count":0}"#, "revision"),
            (#"{"type":"RESET","revision":9223372036854775808,"count":0}"#, "revision"),
            (#"{"type":"SYNCED","revision":"1"}"#, "revision"), (#"{"type":"KEEP"}"#, "key"),
            (#"{"type":"DELETE","revision":1}"#, "key"),
            (#"{"type":"DELETE","revision":1,"key":"a"}"#, "key"),
            (#"{"type":"DELETE","revision":1,"key":"a/"}"#, "key"),
            (#"{"type":"DELETE","revision":1,"key":"a/b/c"}"#, "key"),
            (#"{"type":"DELETE","revision":1,"key":"/b"}"#, "key"), (#"{"type":"PUT","revision":1}"#, "route"),
            (#"{"type":"PUT","revision":1,"route":[]}"#, "route"),
            (#"{"type":"PUT","revision":1,"route":{}}"#, "route"),
            (#"[]"#, "object"), (#"null"#, "object"), (#""RESET""#, "object"),
        ]
    )
    func malformed(_ text: String, _ place: String) throws {
        let json = try JSONValue(parsing: text)
        let error = #expect(throws: JSONDecodingError.self) { try RouteEvent(json: json) }
        #expect(error?.description.contains(place) == true)
    }

    @Test("a route without a member that it needs is refused, and the error names it")
    func missingMembers() throws {
        let whole = Sample.route(by: Sample.enterprise(Sample.secret, Sample.key)).json(version: "v")
        let members = ["key", "uid", "generation", "type", "url", "resource", "timeout", "headers", "auth", "version"]
        for member in members {
            var object = try #require(whole.objectValue)
            object[member] = nil
            let error = #expect(throws: JSONDecodingError.self) { try VersionedRoute(json: .object(object)) }
            #expect(error?.description.contains(member) == true)
        }
    }

    @Test("a mode or a client's method that is not known is refused: no request goes out under a guess")
    func unknownWords() throws {
        for (old, new, place) in [
            (#""mode":"enterpriseIdP""#, #""mode":"magic""#, "auth.mode"),
            ("client_secret_basic", "client_secret_jwt", "idpClient.method"),
            (#""secret":"canary-secret""#, #""secret":null"#, "idpClient.secret"),
            (#""privateKey":"#, #""key":"#, "authServerClient.privateKey"),
        ] {
            let whole = Sample.route(by: Sample.enterprise(Sample.secret, Sample.key)).json(version: "v")
            let text = String(decoding: whole.serialized(.compact), as: UTF8.self)
            let changed = text.replacing(old, with: new)
            #expect(changed != text)
            let json = try JSONValue(parsing: changed)
            let error = #expect(throws: JSONDecodingError.self) { try VersionedRoute(json: json) }
            #expect(error?.description.contains(place) == true, "\(String(describing: error))")
            #expect(error?.description.contains("canary") == false)
        }
    }

    @Test("a line prints its length and no more")
    func printed() {
        let line = RouteLine(
            .put(revision: 1, VersionedRoute(route: Sample.route(by: Sample.exchange(Sample.secret)), version: "v"))
        )
        var dumped = ""
        dump(line, to: &dumped)
        #expect("\(line)" == "\(line.bytes.count) bytes of a route event")
        #expect(!"\(line) \(String(reflecting: line)) \(dumped)".contains("99"), "No byte of it is printed.")
        #expect(line.bytes.last == UInt8(ascii: "\n"))
    }
}

extension VersionedRoute {
    /// What a reader has: the Secrets that credentials come from stay with the operator.
    fileprivate var withoutSources: VersionedRoute {
        var route = route
        switch route.authentication {
        case .none, .tokenForwarding: break
        case .authorizationCode(var mode):
            mode.client?.source = nil
            route.authentication = .authorizationCode(mode)
        case .tokenExchange(var mode):
            mode.client?.source = nil
            route.authentication = .tokenExchange(mode)
        case .enterpriseIdP(var mode):
            mode.idpClient?.source = nil
            mode.authServerClient.source = nil
            route.authentication = .enterpriseIdP(mode)
        }
        return VersionedRoute(route: route, version: version)
    }
}
