// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import NIOCore

/// Why an address cannot be listened on, in words.
package struct ListenFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A full sentence that says what to do.
    package let description: String

    /// - Parameters:
    ///   - error: From binding the socket.
    ///   - address: What should be listened on.
    ///   - setting: The configuration key that names the address.
    package init(_ error: IOError, on address: String, setting: String) {
        let (reason, advice) =
            switch error.errnoCode {
            case EADDRINUSE: ("the port is in use", "Stop what listens there, or set \(setting) to another port.")
            case EACCES: ("this user may not listen on that port", "Use a port above 1023.")
            case EADDRNOTAVAIL: ("this machine does not have that address", "Correct \(setting).")
            default: ("\(error)", "Check \(setting).")
            }
        description = "Could not listen on '\(address)': \(reason). \(advice)"
    }
}
