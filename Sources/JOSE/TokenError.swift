// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a token was not accepted.
///
/// It never holds anything that stood in the token, so it is safe to log.
package struct TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The token is longer than the limit.
        case tooLarge = "too_large"
        /// It has not three parts in Base64url, or one of the first two is no JSON object within the limits.
        case malformed
        /// It is encrypted (JWE), and there is no key to decrypt it with.
        case encrypted
        /// Its header asks for an extension, which a reader must understand, and none is understood here.
        case unsupportedHeader = "unsupported_header"
        /// Its algorithm is not on the list: `none` and the symmetric ones never are.
        case unsupportedAlgorithm = "unsupported_algorithm"
        /// No key has its key ID; the issuer may have a new one.
        case unknownKey = "unknown_key"
        /// A key has its key ID and is for another algorithm.
        case unsuitableKey = "unsuitable_key"
        /// It names no key, and too many could be meant.
        case ambiguousKey = "ambiguous_key"
        /// The signature is not that of the key.
        case badSignature = "bad_signature"
        /// Its header's `typ` says that it is for something else.
        case wrongType = "wrong_type"
        /// A claim that is needed is not there.
        case missingClaim = "missing_claim"
        /// A claim is of the wrong type or out of range.
        case malformedClaim = "malformed_claim"
        /// A claim is there that tokens of this kind do not have.
        case unexpectedClaim = "unexpected_claim"
        /// It was issued by somebody else.
        case wrongIssuer = "wrong_issuer"
        /// It is for somebody else.
        case wrongAudience = "wrong_audience"
        /// It was issued to a client that is not accepted.
        case wrongAuthorizedParty = "wrong_authorized_party"
        /// It does not belong to the request that was made.
        case wrongNonce = "wrong_nonce"
        /// It is no longer valid.
        case expired
        /// It is not valid yet, or was issued in the future.
        case notYetValid = "not_yet_valid"
        /// It was issued too long ago.
        case tooOld = "too_old"
        /// It is valid for longer than is accepted, or ends before it starts.
        case unacceptableLifetime = "unacceptable_lifetime"
    }

    /// What callers tell apart.
    package let code: Code
    /// The claim it is about, if it is about one.
    package let claim: ClaimName?

    package init(_ code: Code, _ claim: ClaimName? = nil) {
        self.code = code
        self.claim = claim
    }

    package var description: String { "Could not accept a token: \(reason)." }

    private var reason: String {
        let claim = claim.map { "'\($0.rawValue)'" } ?? "a claim"
        return switch code {
        case .tooLarge: "it is too long"
        case .malformed: "it is not a signed JWT in the compact form"
        case .encrypted: "it is encrypted. Have the issuer sign it only"
        case .unsupportedHeader: "its header asks for an extension that is not supported"
        case .unsupportedAlgorithm: "it is signed with an algorithm that is not accepted"
        case .unknownKey: "the issuer publishes no key with its key ID"
        case .unsuitableKey: "the issuer's key with its key ID is for another algorithm"
        case .ambiguousKey: "it names no key, and the issuer publishes too many. Have the issuer set 'kid'"
        case .badSignature: "its signature is wrong"
        case .wrongType: "the 'typ' of its header is that of another kind of token"
        case .missingClaim: "\(claim) is missing"
        case .malformedClaim: "\(claim) has the wrong type or is out of range"
        case .unexpectedClaim: "\(claim) belongs to another kind of token"
        case .wrongIssuer: "'iss' is not the issuer expected, byte for byte"
        case .wrongAudience: "'aud' does not name the audience expected, byte for byte"
        case .wrongAuthorizedParty: "'azp' is not a client that is accepted"
        case .wrongNonce: "'nonce' is not that of the request"
        case .expired: "it has expired. Check the clocks of both sides"
        case .notYetValid: "\(claim) is in the future. Check the clocks of both sides"
        case .tooOld: "it was issued too long ago"
        case .unacceptableLifetime: "its time from 'iat' to 'exp' is not acceptable"
        }
    }
}
