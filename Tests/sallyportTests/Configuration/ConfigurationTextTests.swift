// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import sallyport

@Suite("Configuration text")
struct ConfigurationTextTests {
    @Test(
        "Durations are numbers with units",
        arguments: [
            ("30s", .seconds(30)), ("1h30m", .seconds(5_400)), ("250ms", .milliseconds(250)), ("0s", .zero), ("", nil),
            ("30", nil), ("s", nil), ("1d", nil), ("-1s", nil), ("9999999999s", nil), ("1.5s", nil),
        ] as [(String, Duration?)]
    )
    func durations(text: String, duration: Duration?) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(
        "Sizes are integers with units",
        arguments: [
            ("4MiB", 4_194_304), ("512KiB", 524_288), ("7", 7), ("1GiB", 1_073_741_824), ("4MB", nil), ("", nil),
            ("999999999GiB", 999_999_999 << 30), ("9999999999", nil),
        ] as [(String, Int64?)]
    )
    func sizes(text: String, size: Int64?) {
        #expect(ByteCountText.parse(text) == size)
    }

    @Test(
        "Listen addresses are a host and a port",
        arguments: [
            ("127.0.0.1:8080", true), ("[::1]:80", true), ("localhost:0", true), ("::1:80", false), (":80", false),
            ("host:65536", false), ("host:", false), ("host:-1", false), ("*.a:1", false), ("[1.2.3.4]:1", false),
            ("a b:1", false),
        ]
    )
    func addresses(text: String, isValid: Bool) {
        #expect((ListenAddress(text) != nil) == isValid)
        if isValid { #expect(ListenAddress(text)?.description == text) }
    }

    @Test(
        "Loopback is recognised in all its forms",
        arguments: [
            ("localhost", true), ("a.localhost", true), ("127.3.2.1", true), ("::1", true), ("[::1]", true),
            ("localhost.evil.example", false), ("128.0.0.1", false), ("0.0.0.0", false), ("::", false),
        ]
    )
    func loopback(host: String, isLoopback: Bool) {
        #expect(HostPattern.isLoopback(host) == isLoopback)
    }

    @Test("The nearest word is found when it is near, and none when it is not")
    func nearestWord() {
        #expect(NearestWord.find("allowPrvate", among: ["allowPrivate", "allowHTTP"]) == "allowPrivate")
        #expect(NearestWord.find("TLS", among: ["tls"]) == "tls")
        #expect(NearestWord.find("zebra", among: ["tls", "listen"]) == nil)
        #expect(NearestWord.distance("kitten", "sitting") == 3)
        #expect(NearestWord.distance("", "abc") == 3)
    }
}
