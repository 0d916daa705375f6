// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPTransport
import TestSupport
import Testing

@testable import Curl

/// A real proxy connection each; what the proxy hears is what left this machine.
@Suite("Requests through a proxy", .timeLimit(.minutes(10)), .secureServer)
struct ProxyTests {
    private let certificates: IssuedCertificates
    private let server: SecureServer

    init() throws {
        (certificates, server) = try #require(SecureServerTrait.current)
    }

    /// The rules that URLs from resources obey.
    private static let restricted = AddressPolicy.publicAnd([])

    @Test("An https request goes through a tunnel that hears host and port alone, and ends in TLS with the server")
    func tunnel() async throws {
        let proxy = try ScriptedProxy(tunnels: ["api.example:\(server.namedPort)": server.namedPort])
        let configuration = HTTPClientConfiguration(
            version: .http2,
            trust: .authorities(pem: try certificates.text("ca.pem")),
            addresses: Self.restricted,
            proxy: try proxy.address()
        )
        let url = "https://api.example:\(server.namedPort)/path?q=hidden"
        try await withClient(configuration) { client in
            for _ in 0..<2 {
                let answer = try await client.fetch(
                    OutgoingRequest(.get, url, headers: ["Authorization": "Bearer hidden", "X-One": "1"])
                )
                #expect(answer.status == 200)
                #expect(answer.headers["X-From"] == nil)
                #expect(answer.text.hasPrefix("HTTP/2.0 api.example:\(server.namedPort) api.example "))
            }
        }
        let heads = proxy.requests
        #expect(heads.count == 1)
        #expect(heads.allSatisfy { $0.hasPrefix("CONNECT api.example:\(server.namedPort) HTTP/1.1\r\n") })
        #expect(heads.allSatisfy { !$0.contains("hidden") && !$0.contains("X-One") && !$0.contains("/path") })
    }

    @Test("An http request names the whole URL to the proxy")
    func wholeURL() async throws {
        let proxy = try ScriptedProxy()
        let configuration = HTTPClientConfiguration(addresses: Self.restricted, proxy: try proxy.address())
        let answer = try await withClient(configuration) {
            try await $0.fetch(OutgoingRequest(.post, "http://mcp.example/a?b=c", body: .bytes([])))
        }
        #expect(answer.text == "proxied")
        let head = try #require(proxy.requests.first)
        #expect(head.hasPrefix("POST http://mcp.example/a?b=c HTTP/1.1\r\nHost: mcp.example\r\n"))
    }

    private static let unchecked = [
        "http://8.8.8.8/", "https://8.8.8.8:8443/", "https://[2001:db8::1]/", "http://[::ffff:10.0.0.1]/",
        "http://intranet/", "https://intranet./", "http://2130706433/", "http://10.1/", "http://0x0a.0.0.1/",
        "http://10.0.0.0x1/", "http://010.0.0.1./", "http://a..b/",
    ]

    @Test(
        "What a resource names by address, or without a dot, is refused before the proxy hears of it",
        arguments: unchecked
    )
    func refused(_ url: String) async throws {
        let proxy = try ScriptedProxy()
        let configuration = HTTPClientConfiguration(addresses: Self.restricted, proxy: try proxy.address())
        let error = try await withClient(configuration) {
            try await $0.failure(of: OutgoingRequest(.get, url + "?q=hidden"))
        }
        #expect(error.code == .addressForbidden)
        #expect(!error.mayHaveBeenSent)
        #expect(error.message.contains("egress.proxy"))
        #expect(!error.message.contains("hidden"))
        #expect(proxy.accepted == 0)
    }

    @Test("What the configuration itself names goes through the proxy, whatever its form", arguments: unchecked)
    func exempt(_ url: String) async throws {
        let proxy = try ScriptedProxy()
        let configuration = HTTPClientConfiguration(addresses: .unrestricted, proxy: try proxy.address())
        try await withClient(configuration) { (client) async throws in
            if url.hasPrefix("https") {
                // The proxy refuses the tunnel, having been asked for it.
                #expect(try await client.failure(of: OutgoingRequest(.get, url)).code == .connectionFailed)
            } else {
                #expect(try await client.fetch(OutgoingRequest(.get, url)).text == "proxied")
            }
        }
        #expect(proxy.requests.count == 1)
    }

    @Test(
        "A loopback host is dialled directly, and its address obeys the rules",
        arguments: ["127.0.0.1", "localhost"]
    )
    func loopback(_ host: String) async throws {
        let proxy = try ScriptedProxy()
        let direct = try SocketServer { connection in
            while connection.readHead() != nil { connection.respond("direct") }
        }
        let request = OutgoingRequest(.get, direct.url(host: host))
        let rules: [AddressPolicy] = [.unrestricted, .publicAnd([try AddressRange(cidr: "127.0.0.0/8")])]
        for addresses in rules {
            let configuration = HTTPClientConfiguration(addresses: addresses, proxy: try proxy.address())
            #expect(try await withClient(configuration) { try await $0.fetch(request).text } == "direct")
        }
        let configuration = HTTPClientConfiguration(addresses: Self.restricted, proxy: try proxy.address())
        #expect(try await withClient(configuration) { try await $0.failure(of: request) }.code == .addressForbidden)
        #expect(proxy.accepted == 0)
    }

    @Test("A request to a given address is dialled there, not through the proxy, and the address obeys the rules")
    func givenAddress() async throws {
        let proxy = try ScriptedProxy()
        let direct = try SocketServer { connection in
            while connection.readHead() != nil { connection.respond("direct") }
        }
        let address = try #require(IPAddress("127.0.0.1"))
        let request = OutgoingRequest(.get, direct.url(host: "mcp.example"), address: address)
        let free = HTTPClientConfiguration(addresses: .unrestricted, proxy: try proxy.address())
        #expect(try await withClient(free) { try await $0.fetch(request).text } == "direct")
        let restricted = HTTPClientConfiguration(addresses: Self.restricted, proxy: try proxy.address())
        #expect(try await withClient(restricted) { try await $0.failure(of: request) }.code == .addressForbidden)
        #expect(proxy.accepted == 0)
    }

    @Test("A proxy that refuses, is not there or cannot be found is named as what to check")
    func unusable() async throws {
        let refusing = try ScriptedProxy()
        let (descriptor, port) = try LoopbackSocket.listen(backlog: 1)
        close(descriptor)
        let cases: [(HTTPProxy, HTTPTransportError.Code)] = [
            (try refusing.address(), .connectionFailed),
            (try HTTPProxy("http://127.0.0.1:\(port)"), .connectionFailed),
            (try HTTPProxy("http://proxy.invalid:3128"), .nameResolution),
        ]
        for (proxy, code) in cases {
            let error = try await withClient(HTTPClientConfiguration(addresses: Self.restricted, proxy: proxy)) {
                try await $0.failure(of: OutgoingRequest(.post, "https://mcp.example/", body: .bytes(Array("x".utf8))))
            }
            #expect(error.code == code)
            #expect(!error.mayHaveBeenSent)
            #expect(error.message.contains("the proxy '\(proxy)' of 'egress.proxy'"))
        }
        #expect(refusing.requests.count == 1)
    }

    @Test("The certificate of an https proxy is checked by the system's authorities, whatever servers are checked by")
    func secureProxy() async throws {
        for trust in [.insecure, .authorities(pem: try certificates.text("ca.pem"))] as [HTTPClientConfiguration.Trust]
        {
            let proxy = try HTTPProxy("https://localhost:\(server.port)")
            let configuration = HTTPClientConfiguration(trust: trust, addresses: Self.restricted, proxy: proxy)
            let error = try await withClient(configuration) {
                try await $0.failure(of: OutgoingRequest(.get, "https://mcp.example/"))
            }
            #expect(error.code == .tls)
            #expect(!error.mayHaveBeenSent)
        }
    }

    @Test("Clients under different rules share no connection to the proxy")
    func separatePools() async throws {
        let proxy = try ScriptedProxy()
        let transport = try CurlTransport()
        for addresses in [AddressPolicy.unrestricted, Self.restricted] {
            let client = try transport.makeClient(
                HTTPClientConfiguration(addresses: addresses, proxy: try proxy.address())
            )
            for _ in 0..<2 { _ = try await client.fetch(OutgoingRequest(.get, "http://mcp.example/")) }
        }
        await transport.shutdown()
        #expect(proxy.accepted == 2)
        #expect(proxy.requests.count == 4)
    }
}

/// In a process of its own, since the environment belongs to the whole of it.
@Suite("Proxies of the environment", .timeLimit(.minutes(10)))
struct EnvironmentProxyTests {
    @Test("They are used by nobody, and exempt nobody from the configured one")
    func ignored() async {
        await #expect(processExitsWith: .success) {
            let (stray, named) = (try ScriptedProxy(), try ScriptedProxy())
            let direct = try SocketServer { connection in
                while connection.readHead() != nil { connection.respond("direct") }
            }
            for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                unsafe setenv(name, "\(try stray.address())", 1)
            }
            let request = OutgoingRequest(.get, direct.url())
            let answer = try await withClient { try await $0.fetch(request).text }
            for name in ["no_proxy", "NO_PROXY"] { unsafe setenv(name, "*", 1) }
            let proxied = try await withClient(HTTPClientConfiguration(proxy: try named.address())) {
                try await $0.fetch(OutgoingRequest(.get, "http://mcp.example/")).text
            }
            try #require(answer == "direct" && proxied == "proxied" && stray.accepted == 0 && named.accepted == 1)
        }
    }
}
