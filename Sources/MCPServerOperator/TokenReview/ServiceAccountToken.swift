// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// What a service account token says of itself, not verified.
///
/// Only good for refusing a token before the API server is asked, and for what a token says that the API server has
/// verified since.
struct ServiceAccountToken: Hashable {
    /// Larger than any service account token, which is one or two KiB.
    static let maximumLength = 8_192
    private static let limits = JSONLimits(maximumDepth: 8, maximumBytes: maximumLength, maximumValues: 256)
    /// The year 9999, so that reckoning with it cannot overflow.
    private static let maximumTime: Int64 = 253_402_300_799

    /// The audiences it is meant for.
    var audiences: [String]
    /// The first second in which it is no longer valid, counted from 1970 in UTC.
    var expiry: Int64

    /// - Returns: `nil` when the text is no signed JSON Web Token with an expiry, of reasonable size.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }), let payload = Base64URL.decode(parts[1].utf8),
            let claims = Self.claims(payload), let expiry = claims["exp"].flatMap(Self.seconds)
        else { return nil }
        self.expiry = expiry
        switch claims["aud"] {
        case .string(let audience): audiences = [audience]
        case .array(let values): audiences = values.compactMap(\.stringValue)
        default: audiences = []
        }
    }

    /// Whole seconds: [RFC 7519 §2](https://www.rfc-editor.org/rfc/rfc7519#section-2) allows fractions, which no
    /// service account token has.
    private static func seconds(_ value: JSONValue) -> Int64? {
        value.integerValue.flatMap { (0...maximumTime).contains($0) ? $0 : nil }
    }

    private static func claims(_ payload: [UInt8]) -> JSONValue? {
        do throws(JSONSyntaxError) { return try JSONValue(parsing: payload, limits: limits) } catch { return nil }
    }
}
