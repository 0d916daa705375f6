// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a key of a set is not used.
package enum JWKProblem: String, Error, Hashable, Sendable, CaseIterable {
    /// A member is missing or of the wrong type, or the numbers are none of a key.
    case malformed
    /// Its type or its curve is not used here.
    case unsupported
    /// RSA with less than 2048 or more than 8192 bits.
    case unacceptableSize = "unacceptable_size"
    /// It is for encryption, or for an algorithm that does not sign or does not fit it.
    case notForSignatures = "not_for_signatures"
    /// Its private part is published, so anybody may sign with it.
    case compromised
}
