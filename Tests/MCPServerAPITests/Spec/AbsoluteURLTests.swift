// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerAPI
import Testing

@Suite("AbsoluteURL")
struct AbsoluteURLTests {
    @Test(
        "equivalent URLs have one canonical form",
        arguments: [
            ("https://mcp.example", "https://mcp.example"), ("https://MCP.Example/", "https://mcp.example"),
            ("https://mcp.example:443/mcp", "https://mcp.example/mcp"),
            ("http://mcp.example:80/", "http://mcp.example"),
            ("https://mcp.example:8443", "https://mcp.example:8443"),
            ("https://a.example/%7euser", "https://a.example/~user"),
            ("https://a.example/a%2fb", "https://a.example/a%2Fb"),
            ("https://a.example/mcp/", "https://a.example/mcp/"),
            ("https://a.example?b=c", "https://a.example?b=c"),
            ("https://[2001:DB8:0:0:0:0:0:1]/a", "https://[2001:db8::1]/a"),
            ("https://[::ffff:10.0.0.1]", "https://[::ffff:a00:1]"),
            ("https://[1:0:0:2:0:0:0:3]", "https://[1:0:0:2::3]"),
            ("https://[::]", "https://[::]"), ("https://[1::]", "https://[1::]"),
            ("https://10.0.0.1/", "https://10.0.0.1"),
            ("https://a_b.example", "https://a_b.example"),
        ]
    )
    func canonical(text: String, canonical: String) throws {
        let url = try AbsoluteURL(parsing: text)
        #expect(url.canonical == canonical)
        #expect(url.text == text)
        #expect(try AbsoluteURL(parsing: canonical).canonical == canonical)
    }

    @Test(
        "texts that two parsers could read differently are refused",
        arguments: [
            "", "mcp.example", "//mcp.example", "https:mcp.example", "https:/mcp.example", "https://", "https:///a",
            "ftp://a",
            "HTTPS://a.example", "https://a.example#b", "https://a@b.example", "https://a:b@c.example",
            "https://@a.example",
            "https://a.example:", "https://a.example:0", "https://a.example:65536", "https://a.example:8o",
            "https://a.example:-1",
            "https://a.example:443:443", "https://a..example", "https://.a.example", "https://a.example.",
            "https://-a.example",
            "https://a-.example", "https://a%2eexample", "https://a\\b.example", "https://a.example\\b",
            "https://a.example/\\b",
            "https://a.example/ b", "https://a.example/\u{0}", "https://a.example/\n", "https://ä.example",
            "https://a.example/ä",
            "https://a.example/..", "https://a.example/./b", "https://a.example/%2e%2E/b", "https://a.example/%",
            "https://a.example/%4",
            "https://a.example/%zz", "https://a.example/%00", "https://a.example/%0d%0a", "https://a.example/<b>",
            "https://a.example/\"",
            "https://127.1", "https://0x7f000001", "https://0x7f.1", "https://2130706433", "https://0177.0.0.1",
            "https://1.2.3.256",
            "https://a.1", "https://[::1", "https://[::1]a", "https://[::g]", "https://[1:2:3]", "https://[1::2::3]",
            "https://[:::1]",
            "https://[fe80::1%25eth0]", "https://[1:2:3:4:5:6:7:8:9]", "https://[::1.2.3]", "https://::1/",
        ]
    )
    func refused(text: String) {
        #expect(throws: URLProblem.self) { try AbsoluteURL(parsing: text) }
    }

    @Test("a URL longer than 2048 characters is refused")
    func length() throws {
        let prefix = "https://a.example/"
        _ = try AbsoluteURL(parsing: prefix + String(repeating: "a", count: 2048 - prefix.count))
        #expect(throws: URLProblem.self) {
            try AbsoluteURL(parsing: prefix + String(repeating: "a", count: 2049 - prefix.count))
        }
    }

    @Test(
        "loopback is told by the host",
        arguments: [
            ("http://localhost", true), ("http://a.localhost", true), ("http://127.0.0.1", true),
            ("http://127.8.9.1", true),
            ("http://[::1]", true), ("http://127.evil.example", false), ("http://localhost.example", false),
            ("http://128.0.0.1", false), ("http://[::ffff:7f00:1]", false),
        ]
    )
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try AbsoluteURL(parsing: text).isLoopback == isLoopback)
    }

    @Test(
        "a resource covers the URLs under it by whole segments",
        arguments: [
            ("https://mcp.example", "https://mcp.example/mcp", true),
            ("https://mcp.example/", "https://mcp.example/mcp", true),
            ("https://mcp.example/mcp", "https://mcp.example/mcp", true),
            ("https://MCP.example:443/mcp", "https://mcp.example/mcp", true),
            ("https://mcp.example/mcp", "https://mcp.example/mcp/a?b=c", true),
            ("https://mcp.example/m%63p", "https://mcp.example/mcp", true),
            ("https://mcp.example/mcp/", "https://mcp.example/mcp/a", true),
            ("https://mcp.example/mcp/", "https://mcp.example/mcp", false),
            ("https://mcp.example/mc", "https://mcp.example/mcp", false),
            ("https://mcp.example/mcp/a", "https://mcp.example/mcp", false),
            ("http://mcp.example/mcp", "https://mcp.example/mcp", false),
            ("https://mcp.example:8443/mcp", "https://mcp.example/mcp", false),
            ("https://other.example/mcp", "https://mcp.example/mcp", false),
            ("https://mcp.example/mcp?a=b", "https://mcp.example/mcp?a=b", false),
            ("api://todo", "https://mcp.example/mcp", false),
            ("https://mcp.example/MCP", "https://mcp.example/mcp", false),
        ]
    )
    func resource(resource: String, url: String, matches: Bool) throws {
        #expect(try ResourceIndicator(parsing: resource).matches(try AbsoluteURL(parsing: url)) == matches)
    }

    @Test(
        "the default resource is the canonical URI of the server",
        arguments: [
            ("https://MCP.example", "https://mcp.example"), ("https://mcp.example/", "https://mcp.example"),
            ("https://mcp.example/mcp?key=a", "https://mcp.example/mcp"),
            ("https://mcp.example:8443/a/", "https://mcp.example:8443/a/"),
        ]
    )
    func defaultResource(url: String, resource: String) throws {
        let server = try AbsoluteURL(parsing: url)
        #expect(ResourceIndicator(canonicalFor: server).text == resource)
        #expect(ResourceIndicator(canonicalFor: server).matches(server))
    }

    @Test("an issuer has no query, and keeps its text")
    func issuer() throws {
        #expect(throws: URLProblem.self) { try Issuer(parsing: "https://a.example/?") }
        #expect(throws: URLProblem.self) { try Issuer(parsing: "https://a.example#") }
        #expect(try Issuer(parsing: "https://A.example/").text == "https://A.example/")
    }
}
