// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("Address rules")
struct AddressPolicyTests {
    @Test(
        "An address without public meaning is blocked, in every form it has",
        arguments: [
            "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
            "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.168.0.1", "224.0.0.1",
            "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fc00::1", "fdff::1", "fe80::1", "febf::1",
            "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "2002:a00:1::", "2002:7f00:1::1", "::10.0.0.1", "2001::1",
        ]
    )
    func blocked(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressPolicy.publicAnd([]).permits(address))
        #expect(AddressPolicy.unrestricted.permits(address))
    }

    @Test(
        "A public address is permitted, up to the edges of the blocks",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
            "223.255.255.255", "2001:4860:4860::8888", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "fbff::1",
        ]
    )
    func permitted(_ text: String) throws {
        #expect(AddressPolicy.publicAnd([]).permits(try #require(IPAddress(text))))
    }

    @Test("A network that is allowed is reached, in its translated form too, and no other")
    func allowed() throws {
        let policy = AddressPolicy.publicAnd([
            try AddressRange(cidr: "10.1.0.0/16"), try AddressRange(cidr: "fd00::/8"),
        ])
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "8.8.8.8"] {
            #expect(policy.permits(try #require(IPAddress(text))), "\(text)")
        }
        for text in ["10.2.0.1", "::ffff:10.2.0.1", "fc00::1", "127.0.0.1", "2002:a01:203::1"] {
            #expect(!policy.permits(try #require(IPAddress(text))), "\(text)")
        }
    }

    @Test(
        "A range holds the addresses that share its prefix",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"), ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
            ("0.0.0.0/0", "255.0.0.1", "::"), ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("1.2.3.4/32", "1.2.3.4", "1.2.3.5"),
        ]
    )
    func contains(_ cidr: String, _ inside: String, _ outside: String) throws {
        let range = try AddressRange(cidr: cidr)
        #expect(range.contains(try #require(IPAddress(inside))))
        #expect(!range.contains(try #require(IPAddress(outside))))
    }

    @Test(
        "Text that is no range is refused with what to write",
        arguments: [
            "", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "/8", "10.0.0.1/8", "fd00::1/8",
            "10.0.0.0/8/8", "host/8",
        ]
    )
    func refused(_ cidr: String) throws {
        let error = try #require(throws: AddressRange.SyntaxError.self) { _ = try AddressRange(cidr: cidr) }
        #expect(error.message.contains("Write"))
    }
}
