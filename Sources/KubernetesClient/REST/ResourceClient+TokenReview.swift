// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI

extension ResourceClient where Resource == TokenReview {
    /// Asks whether a token is good for an audience.
    package func review(_ token: Redacted<String>, audience: String) async throws -> TokenReview {
        try await object(.reviewToken(token, audience: audience))
    }
}
