// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The name under which a gateway reports: its pod's name in a cluster.
package struct GatewayInstance: Hashable, Sendable, CustomStringConvertible {
    /// At most 253 characters of letters, digits, `.`, `-` and `_`, so that it is one segment of a path.
    package let name: String

    /// `nil` for a name that is not one segment of a path.
    package init?(_ name: String) {
        let isValid = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isValid, !name.isEmpty, name.utf8.count <= 253, name != ".", name != ".." else { return nil }
        self.name = name
    }

    package var description: String { name }
}
