// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import JSON

/// Lets in whoever has an access token for one resource, and tells everybody else where to get one:
/// [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3) and
/// [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1).
package struct ResourceGuard: Sendable {
    /// How a request's token was judged, under the word that is counted.
    package enum Verdict: Hashable, Sendable {
        case accepted(AccessGrant)
        /// There is none.
        case missing
        /// There is none of the scheme Bearer, or more than one.
        case malformed
        /// It is nothing that the issuer issued, or not good any more.
        case unknown
        /// It looks like a JWT, and is not good here: a token for somebody else, or one that has ended.
        case foreign
        /// It is good, at another resource.
        case wrongResource

        /// The word that is counted.
        package var word: String {
            switch self {
            case .accepted: "token-accepted"
            case .missing: "token-missing"
            case .malformed: "token-malformed"
            case .unknown: "token-unknown"
            case .foreign: "token-foreign"
            case .wrongResource: "token-of-other-resource"
            }
        }
    }

    /// The resource's identifier.
    package var resource: String
    /// Where its metadata is.
    package var metadataURL: String
    /// The scope that every request needs; `nil` where tokens have none.
    package var scope: String?

    package init(resource: String, metadataURL: String, scope: String?) {
        self.resource = resource
        self.metadataURL = metadataURL
        self.scope = scope
    }

    /// Judges the token of a request.
    ///
    /// - Parameters:
    ///   - authorization: The values of its `Authorization` fields.
    ///   - lookUp: What a token stands for.
    /// - Returns: Whether it opens the resource, and if not, why.
    package func judge(
        _ authorization: [String],
        lookUp: (Redacted<String>) -> AccessGrant?
    ) -> Verdict {
        guard !authorization.isEmpty else { return .missing }
        let words = authorization.first?.split(separator: " ") ?? []
        guard authorization.count == 1, words.count == 2, let scheme = words.first, let text = words.last,
            scheme.lowercased() == "bearer"
        else { return .malformed }
        guard let grant = lookUp(Redacted(String(text))) else {
            return text.utf8.count { $0 == UInt8(ascii: ".") } >= 2 ? .foreign : .unknown
        }
        return grant.resource.utf8.elementsEqual(resource.utf8) ? .accepted(grant) : .wrongResource
    }

    /// The answer to a request whose token is not good.
    func unauthorized(_ verdict: Verdict) -> DemoAnswer {
        var parameters = [("resource_metadata", metadataURL)]
        if let scope { parameters.append(("scope", scope)) }
        if verdict != .missing { parameters.insert(("error", "invalid_token"), at: 0) }
        return .problem(
            401,
            "Send an access token for \(resource).",
            headers: [.wwwAuthenticate: Self.challenge(parameters)]
        )
    }

    /// The answer to a request whose token is good, but not for that.
    func insufficientScope(_ needed: String) -> DemoAnswer {
        let parameters = [("error", "insufficient_scope"), ("scope", needed), ("resource_metadata", metadataURL)]
        return .problem(
            403,
            "The access token lacks the scope '\(needed)'.",
            headers: [.wwwAuthenticate: Self.challenge(parameters)]
        )
    }

    private static func challenge(_ parameters: [(String, String)]) -> String {
        "Bearer " + parameters.map { "\($0)=\"\($1)\"" }.joined(separator: ", ")
    }
}
