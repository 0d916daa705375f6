// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OpenSSL

extension Cryptography {
    /// By OpenSSL.
    package static let openSSL = Cryptography(
        digest: { SHA256.digest($0) },
        privateKeyProblem: { pem in
            do throws(OpenSSLError) {
                _ = try PrivateKey(pem: pem)
                return nil
            } catch {
                return error.message
            }
        }
    )
}
