// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not an ``AbsoluteURL``: a clause that continues "the field is '…', but", and what to write.
package struct URLProblem: Error, Hashable, Sendable {
    /// For example `has a fragment`.
    package var problem: String
    /// A sentence that says what to write instead.
    package var remedy: String

    package init(_ problem: String, _ remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }
}

extension AbsoluteURL {
    /// The longest URL that is read, as in the CRD.
    package static let lengthLimit = 2048

    /// Reads a URL, or says what is wrong with it.
    package init(parsing text: String) throws(URLProblem) {
        guard text.utf8.count <= Self.lengthLimit else {
            throw URLProblem("is longer than 2048 characters", "Write a shorter URL.")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw URLProblem(
                "has a space, a control character or a character outside ASCII",
                "Write such characters percent-encoded, and an international host in its xn-- form."
            )
        }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let scheme = Scheme(rawValue: String(text[..<colon])),
            text[colon...].hasPrefix("://")
        else { throw URLProblem("does not start with https:// or http://", "Write an absolute URL.") }
        // All of it is ASCII by now, so bytes are characters and quicker to look at.
        let rest = text[text.utf8.index(colon, offsetBy: 3)...]
        guard !rest.utf8.contains(UInt8(ascii: "#")) else {
            throw URLProblem("has a fragment", "Remove the '#' and what follows it.")
        }
        let authority = Substring(rest.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
        let (host, port) = try Self.readAuthority(authority)
        let tail = rest[authority.endIndex...]
        let rawPath = Substring(tail.utf8.prefix { $0 != UInt8(ascii: "?") })
        let rawQuery = rawPath.endIndex == tail.endIndex ? nil : Substring(tail[rawPath.endIndex...].utf8.dropFirst())
        let path = try Self.normalise(rawPath, part: "path")
        let segments = path.utf8.split(separator: UInt8(ascii: "/"))
        guard !segments.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) else {
            throw URLProblem("has a '.' or '..' segment in its path", "Write the path that it stands for.")
        }
        self.init(
            text: text,
            scheme: scheme,
            host: host,
            port: port ?? scheme.defaultPort,
            path: path,
            query: try rawQuery.map { (query) throws(URLProblem) in try Self.normalise(query, part: "query") }
        )
    }

    private static func readAuthority(_ authority: Substring) throws(URLProblem) -> (host: String, port: UInt16?) {
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw URLProblem(
                "has a user name or password",
                "Remove everything up to the '@'; credentials go into a Secret."
            )
        }
        let hostEnd: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else {
                throw URLProblem(
                    "has an IPv6 address without its closing bracket",
                    "Write it as in https://[2001:db8::1]/."
                )
            }
            hostEnd = authority.utf8.index(after: bracket)
        } else {
            hostEnd = authority.utf8.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        }
        let host = try HostName.normalise(authority[..<hostEnd])
        let portText = authority[hostEnd...]
        guard !portText.isEmpty else { return (host, nil) }
        let digits = Substring(portText.utf8.dropFirst())
        guard portText.hasPrefix(":"), !digits.isEmpty, digits.utf8.count <= 5,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0
        else { throw URLProblem("has a port that is no number from 1 to 65535", "Correct or remove the port.") }
        return (host, port)
    }

    /// Percent-encodings in upper case, those of unreserved characters decoded (RFC 3986 section 6.2.2).
    private static func normalise(_ text: Substring, part: String) throws(URLProblem) -> String {
        var result: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                guard isAllowed(byte) else {
                    throw URLProblem(
                        "has the character '\(String(UnicodeScalar(byte)))' in its \(part)",
                        "Percent-encode it."
                    )
                }
                result.append(byte)
                continue
            }
            guard let high = bytes.next().flatMap(hexValue), let low = bytes.next().flatMap(hexValue) else {
                throw URLProblem("has a '%' in its \(part) that no two hexadecimal digits follow", "Write %25 for '%'.")
            }
            let decoded = high << 4 | low
            guard decoded >= 0x20, decoded != 0x7F else {
                throw URLProblem("has an encoded control character in its \(part)", "Remove it.")
            }
            if isUnreserved(decoded) {
                result.append(decoded)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                result += [byte, digits[Int(high)], digits[Int(low)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Everything in `pchar`, `/` and `?` that stands for itself.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        isUnreserved(byte) || "!$&'()*+,;=:@/?".utf8.contains(byte)
    }
}
