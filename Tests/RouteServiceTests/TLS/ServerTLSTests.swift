// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteService
import RouteTable
import TestSupport
import Testing

@Suite("TLS of the route stream")
struct ServerTLSTests {
    private static func world(
        _ first: TestCertificate,
        _ body: (RouteStreamWorld, TestIdentity) async throws -> Void
    ) async throws {
        var options = RouteStreamWorld.Options()
        options.certificate = first
        try await RouteStreamWorld.run(options) { world in try await body(world, try #require(world.identity)) }
    }

    @Test("Fifty streams live on under a new certificate, and new connections see it")
    func rotation() async throws {
        let (first, second) = (try TestCertificate(commonName: "first"), try TestCertificate(commonName: "second"))
        try await Self.world(first) { world, identity in
            let old = try world.client(.authorities(pem: first.certificate))
            let new = try world.client(.authorities(pem: second.certificate))
            await #expect(throws: HTTPTransportError.self) { _ = try await world.send(.get, "/v1/routes", client: new) }
            var streams: [ReaderProbe] = []
            for _ in 0..<50 {
                var stream = try await world.watch(client: old)
                _ = try await stream.sync()
                streams.append(stream)
            }
            identity.replace(by: second, generation: 2)
            var reader = try await world.watch(client: new)
            _ = try await reader.sync()
            await #expect(throws: HTTPTransportError.self) {
                _ = try await world.send(
                    .get,
                    "/v1/routes",
                    client: try world.client(.authorities(pem: first.certificate))
                )
            }
            _ = world.broadcast.put(TestRoutes.route("todo"))
            for position in streams.indices {
                #expect(try await streams[position].event() == .put(revision: 1, TestRoutes.route("todo")))
            }
            #expect(try await reader.event() == .put(revision: 1, TestRoutes.route("todo")))
            #expect(world.metrics.value("route_stream_readers{}") == 51)
        }
    }

    @Test("A certificate that cannot be used is passed over, and the next good one is taken")
    func unusable() async throws {
        let (first, second) = (try TestCertificate(commonName: "first"), try TestCertificate(commonName: "second"))
        try await Self.world(first) { world, identity in
            let broken = [
                TestCertificate(certificate: "canary", key: first.key),
                TestCertificate(certificate: second.certificate, key: "canary"),
                TestCertificate(certificate: second.certificate, key: first.key),
            ]
            for (index, pair) in broken.enumerated() {
                identity.replace(by: pair, generation: UInt64(index + 2))
                let client = try world.client(.authorities(pem: first.certificate))
                #expect(try await world.send(.get, "/v1/routes", client: client).status == 200)
            }
            #expect(world.log.text.contains("error Keeping the last certificate"))
            #expect(!world.log.text.contains("canary"))
            identity.replace(by: second, generation: 9)
            let client = try world.client(.authorities(pem: second.certificate))
            #expect(try await world.send(.get, "/v1/routes", client: client).status == 200)
        }
    }

    @Test("A server whose first certificate cannot be used does not start")
    func unusableAtStart() throws {
        var options = RouteStreamWorld.Options()
        options.certificate = TestCertificate(certificate: "canary", key: "canary")
        let world = try RouteStreamWorld(options)
        let error = #expect(throws: RouteServerError.self) { _ = try world.server() }
        #expect(error?.code == .unusableIdentity)
        #expect(error?.message.contains("canary") == false)
    }

    @Test("Plain HTTP does not get an answer from a TLS port")
    func plain() async throws {
        try await Self.world(try TestCertificate(commonName: "first")) { world, _ in
            let url = world.url("/v1/routes").replacing("https://", with: "http://")
            await #expect(throws: HTTPTransportError.self) {
                _ = try await world.client().send(OutgoingRequest(.get, url))
            }
        }
    }
}
