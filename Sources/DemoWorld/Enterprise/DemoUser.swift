// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Somebody who works for the enterprise.
package struct DemoUser: Hashable, Sendable {
    /// What the user signs in with.
    package let name: String
    /// The member `sub` of all tokens about the user.
    package let subject: String
    /// For people.
    package let displayName: String
    /// An address under `.example`.
    package let email: String

    /// May use everything.
    package static let alice = DemoUser(
        name: "alice",
        subject: "user-1001",
        displayName: "Alice Adams",
        email: "alice@enterprise.example"
    )
    /// May read the list of things to do, and nothing else.
    package static let bob = DemoUser(
        name: "bob",
        subject: "user-1002",
        displayName: "Bob Brown",
        email: "bob@enterprise.example"
    )
    /// Everybody.
    package static let all = [alice, bob]
}
