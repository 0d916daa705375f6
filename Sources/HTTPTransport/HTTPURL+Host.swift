// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension HTTPURL {
    /// Whether the host is this machine: `localhost`, a name below it, or a loopback address.
    package var isLoopback: Bool { Self.isLoopback(host: host) }

    /// Whether a host in lower case is this machine; an IPv6 address may have its brackets or not.
    package static func isLoopback(host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        guard let address = IPAddress(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host) else {
            return false
        }
        return address.isVersion4 ? address.bytes.first == 127 : address.bytes == Array(repeating: 0, count: 15) + [1]
    }

    /// Whether the host is a name with a dot, which cannot be read as an address.
    ///
    /// Some readers take `127.1`, `0x7f.0.0.1` or `2130706433` for addresses, so a last label that is a number makes the
    /// host none, as the [URL Standard](https://url.spec.whatwg.org/#ends-in-a-number-checker) has it. A name without a
    /// dot would be completed by the resolver of whoever asks.
    package var hasQualifiedName: Bool {
        guard !host.hasPrefix("[") else { return false }
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, labels.allSatisfy({ !$0.isEmpty }), let last = labels.last else { return false }
        return !last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && !last.hasPrefix("0x")
    }
}
