// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("URLs")
struct HTTPURLTests {
    @Test(
        "A URL is taken apart and put together again",
        arguments: [
            ("https://example.com", "https://example.com", "/", nil, 443),
            ("HTTP://Example.COM:80/A/../b?q=%20", "http://example.com", "/A/../b", "q=%20", 80),
            ("http://127.0.0.1:8080/x#frag", "http://127.0.0.1:8080", "/x", nil, 8_080),
            ("https://[::1]:6443/api?", "https://[::1]:6443", "/api", "", 6_443),
            ("https://host?a=/b@c", "https://host", "/", "a=/b@c", 443),
            ("https://a_b.c-d./", "https://a_b.c-d.", "/", nil, 443),
        ] as [(String, String, String, String?, Int)]
    )
    func parts(_ text: String, _ origin: String, _ path: String, _ query: String?, _ port: Int) throws {
        let url = try HTTPURL(text)
        #expect(url.origin == origin)
        #expect(url.path == path)
        #expect(url.query == query)
        #expect(url.port == port)
        #expect(url.text == origin + path + (query.map { "?\($0)" } ?? ""))
        #expect(try HTTPURL(url.text) == url)
    }

    @Test(
        "A URL that two readers may read in two ways is refused, and not quoted",
        arguments: [
            "", "example.com", "ftp://secret/", "file:///secret", "https:/secret", "https://", "https:///secret",
            "https://user:secret@host/", "https://user@host/", "https://host:secret/", "https://host:/secret",
            "https://host:0/", "https://host:65536/", "https://host:+1/", "https://ho st/secret",
            "https://host/\nsecret",
            "https://host/\0secret", "https://host\\secret/", "https://h%6fst/secret", "https://hóst/secret",
            "https://[::1/secret",
            "https://[secret]/", "https://[1.2.3.4]/", "https://[::1]secret/", "https://a,b/secret",
            "https://host/sécret",
        ]
    )
    func refused(_ text: String) throws {
        let error = try #require(throws: HTTPTransportError.self) { _ = try HTTPURL(text) }
        #expect(error.code == .invalidRequest)
        #expect(!error.message.contains("secret"))
    }
}
