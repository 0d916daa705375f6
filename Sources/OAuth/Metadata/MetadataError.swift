// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Metadata that could not be had, or must not be used.
package struct MetadataError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; a closed set, so it is also the `error.type` metric label.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The identifier, or an endpoint in the document, is not a URL that may be used.
        case insecureURL = "insecure_url"
        /// None of the well-known URLs has a document.
        case notFound = "not_found"
        /// No answer came, or one that says to try later.
        case unavailable
        /// What came is no such document.
        case malformed
        /// The document is somebody else's.
        case mismatch
    }

    /// What callers tell apart.
    package let code: Code
    /// What could not be done, why, and what to check.
    package let message: String

    package var description: String { message }

    init(_ code: Code, of subject: String, _ reason: String, advice: String) {
        self.code = code
        message = "Could not read the metadata of '\(PeerText.quotable(subject))': \(reason). \(advice)"
    }
}
