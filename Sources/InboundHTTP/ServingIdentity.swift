// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A certificate with its chain and key, as the server presents itself.
package struct ServingIdentity: Sendable {
    /// Another number for another certificate; nothing is parsed again while it stays the same.
    package var generation: UInt64
    /// The server's certificate, followed by its intermediates, as PEM.
    package var certificateChain: Redacted<[UInt8]>
    /// The unencrypted private key as PEM.
    package var privateKey: Redacted<[UInt8]>

    package init(generation: UInt64, certificateChain: Redacted<[UInt8]>, privateKey: Redacted<[UInt8]>) {
        self.generation = generation
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }
}

/// Knows the newest certificate of the server.
package protocol ServingIdentitySource: Sendable {
    /// The newest one; asked for at each connection on an event loop, so it answers from memory.
    func newestIdentity() -> ServingIdentity
}
