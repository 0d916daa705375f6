// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE

/// Reads an issuer's keys once.
package struct JWKSReader: Sendable {
    private let documents: DocumentClient
    private let location: @Sendable () async throws -> String

    /// - Parameters:
    ///   - documents: Obeys the rules for the URL of the keys.
    ///   - location: The URL of the keys, asked for before each reading, as metadata may change it.
    package init(documents: DocumentClient, location: @escaping @Sendable () async throws -> String) {
        self.documents = documents
        self.location = location
    }

    /// Asks for the keys.
    ///
    /// - Returns: At least one key, or why there is none.
    /// - Throws: `CancellationError` only.
    package func read() async throws -> Result<JWKSet, JWKSError> {
        let url: String
        do {
            url = try await location()
        } catch let error as CancellationError {
            throw error
        } catch let error as MetadataError {
            return .failure(JWKSError("their place is not known: \(error)"))
        } catch { return .failure(JWKSError("their place is not known")) }
        switch try await documents.get(url) {
        case .absent(let status): return .failure(JWKSError("'\(url)' answered with status \(status)"))
        case .unusable(let reason, _): return .failure(JWKSError(reason))
        case .document(let bytes):
            do throws(JWKSetError) {
                let keys = try JWKSet(parsing: bytes)
                // An empty set would lock everybody out, which an issuer that works never means.
                guard !keys.keys.isEmpty else {
                    return .failure(JWKSError("'\(url)' has no key that can be used", advice: "Check what it serves."))
                }
                return .success(keys)
            } catch { return .failure(JWKSError("'\(url)': \(error)", advice: "Check what it serves.")) }
        }
    }
}
