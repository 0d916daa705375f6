// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("Proxies")
struct HTTPProxyTests {
    @Test(
        "A proxy is scheme, host and port",
        arguments: [
            ("http://proxy.example:3128", "http://proxy.example:3128"), ("HTTPS://Proxy/", "https://proxy:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ]
    )
    func parts(_ text: String, _ description: String) throws {
        #expect(try HTTPProxy(text).description == description)
    }

    @Test(
        "Anything more, a password above all, is refused and not quoted",
        arguments: [
            "http://user:secret@proxy:3128", "http://secret@proxy", "http://proxy/secret", "http://proxy?secret",
            "http://proxy/#secret", "socks5://secret:1080", "secret:3128", "",
        ]
    )
    func refused(_ text: String) throws {
        let error = try #require(throws: HTTPTransportError.self) { _ = try HTTPProxy(text) }
        #expect(error.code == .invalidRequest)
        #expect(!error.message.contains("secret"))
    }

    @Test(
        "A host is a full name only with a dot and a last label that is no number",
        arguments: [
            ("mcp.example", true), ("a.b.c.", true), ("xn--a.example", true), ("1.example", true),
            ("10.0.0.1.nip.io", true),
            ("a.0xyz", false), ("intranet", false), ("intranet.", false), ("localhost", false), ("10.0.0.1", false),
            ("10.0.0.1.", false), ("10.1", false), ("2130706433", false), ("0x7f.0.0.1", false), ("a.0x7f", false),
            ("a.1", false), ("[::1]", false), ("[2001:db8::1.2.3.4]", false), ("a..b", false), (".a", false),
            ("..", false),
        ]
    )
    func qualifiedNames(_ host: String, _ isQualified: Bool) throws {
        #expect(try HTTPURL("https://\(host)/").hasQualifiedName == isQualified)
    }

    @Test(
        "Loopback is known by its names and its addresses",
        arguments: [
            ("localhost", true), ("LOCALHOST", true), ("a.localhost", true), ("127.0.0.1", true), ("127.9.9.9", true),
            ("[::1]", true), ("[0:0::1]", true), ("localhost.example", false), ("mylocalhost", false),
            ("128.0.0.1", false),
            ("127.1", false), ("[::2]", false),
        ]
    )
    func loopback(_ host: String, _ isLoopback: Bool) throws {
        #expect(try HTTPURL("https://\(host)/").isLoopback == isLoopback)
    }
}
