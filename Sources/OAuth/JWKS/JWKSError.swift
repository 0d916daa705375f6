// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Keys that could not be had.
package struct JWKSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What could not be done, why, and what to check.
    package let message: String

    package var description: String { message }

    package init(_ reason: String, advice: String = "Check that the issuer can be reached from here.") {
        message = "Could not read the issuer's keys: \(reason). \(advice)"
    }
}
