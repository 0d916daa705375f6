// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// An MCP server of the enterprise; each of a gateway's modes has one, and the first has two.
package enum MCPServerName: String, Hashable, Sendable, CaseIterable {
    /// A list of things to do, for everybody.
    case todo
    /// What people earn, for those who may know.
    case payroll
    /// Everybody's own notes, for which each user has to consent.
    case notes
    /// Who meets whom and when, for whoever the exchange server vouches for.
    case calendar
    /// Who works here, for whoever the identity provider itself vouches for.
    case directory
    /// How things are done here, for everybody, whoever it is.
    case handbook

    /// What a server wants to see of its user.
    package enum Mode: Hashable, Sendable {
        /// An access token, which the policy of the enterprise decides about.
        case managed
        /// An access token, which the user consents to.
        case consent
        /// An ID token of the exchange server, for the server.
        case exchanged
        /// The user's own ID token, which is for the server as well.
        case forwarded
        /// Nothing.
        case open
    }

    /// What it wants to see of its user.
    package var mode: Mode {
        switch self {
        case .todo, .payroll: .managed
        case .notes: .consent
        case .calendar: .exchanged
        case .directory: .forwarded
        case .handbook: .open
        }
    }

    /// Those that the enterprise's policy decides about.
    package static let managed: [MCPServerName] = [.todo, .payroll]

    /// The scope that every request needs, where access tokens have scopes.
    package var readScope: String { "\(rawValue).read" }
    /// The scope that its second tool needs besides.
    package var writeScope: String { "\(rawValue).write" }
    /// All scopes that it knows: ID tokens have none.
    package var scopes: Set<String> {
        switch mode {
        case .managed, .consent: [readScope, writeScope]
        case .exchanged, .forwarded, .open: []
        }
    }
    /// For whom the ID tokens are that it takes.
    package var audience: String { rawValue }
}
