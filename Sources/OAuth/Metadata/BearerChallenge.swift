// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// What a resource asks for when it refuses a request:
/// [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3), [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1)
/// and [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470#section-3).
///
/// All of it is what a stranger says: how much of it is followed is decided by configuration.
package struct BearerChallenge: Hashable, Sendable {
    /// The member `error`, `insufficient_scope` for example.
    package let error: String?
    /// Scopes for the operation that was refused.
    package let scopes: Set<String>
    /// Where the resource's metadata is.
    package let resourceMetadata: String?
    /// How old the sign-in may be at most.
    package let maximumAge: Duration?
    /// What the sign-in must amount to.
    package let authenticationContexts: [String]

    /// Longer fields are not looked at.
    static let longestField = 8 << 10

    /// The first challenge for bearer tokens in a response, or `nil` if there is none that can be read.
    package init?(_ headers: HTTPHeaders) {
        for value in headers.values(of: "WWW-Authenticate") {
            guard value.utf8.count <= Self.longestField,
                value.utf8.allSatisfy({ $0 == 9 || (0x20...0x7E).contains($0) })
            else { continue }
            var reader = ChallengeReader(value)
            while let challenge = reader.next() {
                guard challenge.scheme.lowercased() == "bearer" else { continue }
                self.init(parameters: challenge.parameters)
                return
            }
        }
        return nil
    }

    private init(parameters: [String: String]) {
        error = parameters["error"]
        scopes = ScopeSet.scopes(of: parameters["scope"])
        resourceMetadata = parameters["resource_metadata"]
        authenticationContexts = parameters["acr_values"]?.split(separator: " ").map(String.init) ?? []
        if let seconds = parameters["max_age"].flatMap({ Int64($0) }), seconds >= 0 {
            maximumAge = .seconds(min(seconds, TokenResponse.longestLifetime))
        } else {
            maximumAge = nil
        }
    }
}

/// Reads the challenges of one field: [RFC 9110 §11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).
private struct ChallengeReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    /// The next challenge; `nil` at the end, and where the text is none.
    mutating func next() -> (scheme: String, parameters: [String: String])? {
        skip { $0 == UInt8(ascii: " ") || $0 == 9 || $0 == UInt8(ascii: ",") }
        guard let scheme = token() else { return nil }
        var parameters: [String: String] = [:]
        if skipCredentials() { return (scheme, parameters) }
        while true {
            let mark = rest
            skip { $0 == UInt8(ascii: " ") || $0 == 9 || $0 == UInt8(ascii: ",") }
            guard let name = token()?.lowercased(), skipEqualsSign() else {
                // The name of the next challenge, or the end.
                rest = mark
                return (scheme, parameters)
            }
            // Two readers may take one of two values each.
            guard let value = token() ?? rest.popQuotedText(), parameters.updateValue(value, forKey: name) == nil else {
                rest = rest.dropFirst(rest.count)
                return nil
            }
        }
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }

    private mutating func skipEqualsSign() -> Bool {
        skip { $0 == UInt8(ascii: " ") || $0 == 9 }
        guard rest.first == UInt8(ascii: "=") else { return false }
        rest = rest.dropFirst()
        skip { $0 == UInt8(ascii: " ") || $0 == 9 }
        return true
    }

    /// Steps over the one value that some schemes have instead of parameters.
    private mutating func skipCredentials() -> Bool {
        var ahead = rest.drop { $0 == UInt8(ascii: " ") }
        let value = ahead.prefix { Self.isTokenCharacter($0) || $0 == UInt8(ascii: "/") }
        guard !value.isEmpty, value.startIndex != rest.startIndex else { return false }
        ahead = ahead[value.endIndex...].drop { $0 == UInt8(ascii: "=") }.drop { $0 == UInt8(ascii: " ") || $0 == 9 }
        guard ahead.isEmpty || ahead.first == UInt8(ascii: ",") else { return false }
        rest = ahead
        return true
    }

    private mutating func token() -> String? {
        let characters = rest.prefix(while: Self.isTokenCharacter)
        guard !characters.isEmpty else { return nil }
        rest = rest[characters.endIndex...]
        return String(decoding: characters, as: UTF8.self)
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
