// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Finds out whose token a reader presents.
///
/// Asked at every request, so whoever implements it caches what is slow to find out.
package protocol ReaderAuthenticator: Sendable {
    /// Who presents the token.
    ///
    /// - Throws: ``ReaderRefusal``; any other error is answered like one with ``ReaderRefusal/Code/unavailable``.
    func authenticate(_ token: Redacted<String>) async throws -> ReaderIdentity
}
