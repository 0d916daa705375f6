// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON

/// How long an access token may be used.
enum TokenLifetime {
    /// For a server that does not say: short, because nobody vouches for it.
    static let unsaid = Duration.seconds(300)
    /// The part at the end in which a token is not given out any more, so that it does not end on its way.
    static let longestMargin = Duration.seconds(30)

    /// The least of what the server says, what the token says if it is a JWT, what is left of the subject token, and the
    /// cap of the resource, less a margin.
    ///
    /// - Parameters:
    ///   - token: Read only for its `exp`; nobody has checked its signature.
    ///   - stated: What came with it; zero for a token that is good once, `nil` if nothing was said.
    ///   - subjectExpiry: When the subject token ends, if it says so.
    ///   - cap: `maxTokenLifetime`.
    ///   - now: The time.
    /// - Returns: Zero or less if it must not be kept.
    static func usable(
        _ token: Redacted<String>,
        stated: Duration?,
        subjectExpiry: NumericDate?,
        cap: Duration?,
        at now: NumericDate
    ) -> Duration {
        var lifetime = stated
        for limit in [expiry(token).map { now.duration(to: $0) }, subjectExpiry.map { now.duration(to: $0) }, cap] {
            if let limit { lifetime = min(lifetime ?? limit, limit) }
        }
        // A subject token and a cap do not say how long the token itself is good for.
        if stated == nil, expiry(token) == nil { lifetime = min(lifetime ?? unsaid, unsaid) }
        let whole = lifetime ?? unsaid
        return whole - min(longestMargin, whole / 4)
    }

    private static func expiry(_ token: Redacted<String>) -> NumericDate? {
        do { return try UnverifiedJWT(token).claims.expiry } catch {
            // Most access tokens are opaque to their bearer, which is no fault.
            return nil
        }
    }
}
