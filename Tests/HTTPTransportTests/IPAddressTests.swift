// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "Text forms are read and written back in their shortest form",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("192.168.1.255", "192.168.1.255"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"), ("fe80::1:2", "fe80::1:2"),
            ("::ffff:10.0.0.1", "::ffff:a00:1"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ]
    )
    func forms(_ text: String, _ shortest: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shortest)
        #expect(IPAddress(shortest) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(
        "Text that another reader could take for another address is none",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.+4", "0x7f.0.0.1", "127.1",
            "1.2.3.4 ",
            "1.2.3.٤", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::",
            "g::",
            "::1.2.3", "1.2.3.4::", "fe80::1%eth0", "[::1]", "::+1", "1:2:3:4:5:6:7:1.2.3.4",
        ]
    )
    func refused(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Only 4 or 16 bytes are an address", arguments: [0, 3, 5, 15, 17])
    func byteCount(_ count: Int) {
        #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("An IPv4 address inside an IPv6 one is found")
    func embedded() {
        let inner = IPAddress("10.1.2.3")
        #expect(IPAddress("::ffff:10.1.2.3")?.translated == inner)
        #expect(IPAddress("64:ff9b::a01:203")?.translated == inner)
        #expect(IPAddress("2002:a01:203::1")?.tunnelled == inner)
        #expect(IPAddress("::10.1.2.3")?.tunnelled == inner)
        #expect(IPAddress("2001:db8::10.1.2.3")?.translated == nil)
        #expect(inner?.translated == nil && inner?.tunnelled == nil)
    }
}
