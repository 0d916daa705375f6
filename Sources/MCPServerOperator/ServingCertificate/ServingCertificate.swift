// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What the route stream's server presents to its readers.
package struct ServingCertificate: Sendable, Hashable {
    /// PEM text, the server's own certificate first.
    package var certificateChain: String
    /// PEM text of its key, unencrypted.
    package var privateKey: Redacted<String>
    /// The last second in which it is valid, counted from 1970 in UTC.
    package var notAfter: Int64
    /// Counts the changes in this process, from 1: another number is another certificate.
    package var generation: Int

    package init(certificateChain: String, privateKey: Redacted<String>, notAfter: Int64, generation: Int) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.notAfter = notAfter
        self.generation = generation
    }
}

/// Where the route stream's server finds its certificate, which changes while it runs.
package protocol ServingCertificateSource: Sendable {
    /// What to present in the next handshake; `nil` until there is something, and in that time no handshake succeeds.
    var current: ServingCertificate? { get }
    /// Whether there is a certificate that readers accept, and what is wrong otherwise.
    var readiness: OperatorReadiness { get }
    /// Looks after the certificate until the task is cancelled.
    func run() async throws
    /// Waits until there is something to present, which ``run()`` must be working on meanwhile.
    ///
    /// For a server that cannot begin without; returns `nil` when the task is cancelled.
    func first() async -> ServingCertificate?
}
