// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// Which headers a resource may add to upstream requests.
enum HeaderRules {
    private static let limit = 32
    private static let valueLimit = 4096

    /// Belong to the caller, the broker or the connection, and never to a resource.
    private static let forbiddenNames: Set<String> = [
        "authorization", "cookie", "cookie2", "set-cookie", "host", "forwarded", "via", "expect", "connection",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
    ]
    private static let forbiddenPrefixes = ["mcp-", "content-", "proxy-", "x-forwarded-"]
    /// Parts of names whose values are usually secrets.
    private static let secretWords = ["key", "secret", "token", "password"]

    static func isForbidden(_ name: String) -> Bool {
        let name = name.lowercased()
        return forbiddenNames.contains(name) || forbiddenPrefixes.contains { name.hasPrefix($0) }
    }

    static func read(
        _ headers: [String: String],
        at field: JSONPointer,
        _ findings: inout Findings
    ) -> [ServerConfiguration.Header] {
        if headers.count > limit {
            findings.reject(field, "has \(headers.count) headers, but at most \(limit) are sent", write: "Remove some.")
        }
        var earlier: [String: String] = [:]
        let sorted = headers.sorted { $0.key < $1.key }
        for (name, value) in sorted {
            let place = field.field(name)
            if !FieldSyntax.isToken(name) || name.utf8.count > 128 {
                findings.reject(
                    place,
                    "is not the name of a header",
                    write: "Write letters, digits and '-', at most 128 characters."
                )
            } else if isForbidden(name) {
                findings.reject(
                    place,
                    "may not be set by a resource, because the gateway decides about it",
                    write: "Remove the header."
                )
            } else if let other = earlier.updateValue(name, forKey: name.lowercased()) {
                findings.reject(place, "is the same header as '\(other)'", write: "Keep one of the two.")
            }
            checkValue(value, at: place, &findings)
            if secretWords.contains(where: name.lowercased().contains) {
                findings.note(place, "looks like a secret; everyone who can read the resource can read it.")
            }
        }
        return sorted.map { ServerConfiguration.Header(name: $0.key, value: $0.value) }
    }

    private static func checkValue(_ value: String, at place: JSONPointer, _ findings: inout Findings) {
        if value.unicodeScalars.count > valueLimit {
            findings.reject(place, "has a value of more than \(valueLimit) characters", write: "Write a shorter value.")
        }
        if value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
            findings.reject(
                place,
                "has a value with a line break or another control character",
                write: "Write it on one line."
            )
        }
    }
}
