// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import MCPServerOperator
import OpenSSL

extension Cryptography {
    /// OpenSSL's.
    static let openSSL = Cryptography(
        digest: { SHA256.digest($0) },
        privateKeyProblem: { pem in
            do throws(OpenSSLError) {
                _ = try PrivateKey(pem: pem)
                return nil
            } catch { return error.description }
        }
    )
}

extension OperatorTime {
    /// The machine's clocks.
    static let system = OperatorTime(
        clock: ContinuousClock(), sinceEpoch: { .seconds(Date().timeIntervalSince1970) }
    )
}
