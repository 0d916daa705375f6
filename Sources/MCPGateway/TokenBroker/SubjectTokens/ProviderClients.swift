// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import OAuth

/// The clients that configured identity providers know this gateway as.
package protocol ProviderClients: Sendable {
    /// The client at that issuer, with the credential as it is now; `nil` for an issuer that is not configured.
    func client(ofIssuer issuer: String) -> ClientCredential?

    /// Another number whenever ``client(ofIssuer:)`` has another answer; asked for with each request.
    func revision(ofIssuer issuer: String) -> UInt64
}
