// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The ways to authenticate to an MCP server; the raw value is the word in `status.authMode`.
package enum AuthMode: String, Hashable, Sendable, CaseIterable {
    /// No token is attached upstream.
    case none
    /// The user connects the server by the authorization code flow.
    case oauth
    /// The user's own ID token is sent.
    case forwardToken
    /// The user's token is exchanged at a Dex ([RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)).
    case tokenExchange
    /// Token exchange at the enterprise IdP, then a JWT bearer grant at the server's own authorization server.
    case enterpriseIdP

    /// What switches the mode on, as an author would write it under `spec.auth`.
    package var switchedOnBy: String {
        switch self {
        case .none: "type: none"
        case .oauth: "type: oauth"
        case .forwardToken: "forwardToken: true"
        case .tokenExchange: "tokenExchange with enabled: true"
        case .enterpriseIdP: "enterpriseIdP with enabled: true"
        }
    }
}
