// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DemoWorld

/// Where everything is, as a table whose columns line up.
struct AddressTable {
    let addresses: DemoAddresses

    /// The rows, each without a line break.
    var lines: [String] {
        let rows = rows
        let widths = (0..<2).map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }
            return (cells + row.dropFirst(2)).joined(separator: "  ")
        }
    }

    /// Each of three cells.
    private var rows: [[String]] {
        [
            ["SERVER", "URL", "WHAT FOR"],
            ["identity provider", addresses.identityProvider, "issuer of ID tokens and ID-JAGs"],
            ["", addresses.identityProviderTokenEndpoint, "refresh, token exchange"],
            ["", addresses.signIn, "POST {\"user\":\"alice\"} gives an ID token"],
            ["authorization server", addresses.authorizationServer, "issuer of access tokens"],
            ["", addresses.authorizationServerTokenEndpoint, "ID-JAG for access token"],
            ["consent server", addresses.consentServer, "issuer of access tokens for notes, as users consent"],
            ["exchange server", addresses.exchangeServer, "issuer of ID tokens, as Dex is"],
            ["", addresses.exchangeServerTokenEndpoint, "ID token for ID token"],
        ]
            + MCPServerName.allCases.map { name in
                ["MCP server '\(name.rawValue)'", addresses.resource(name), Self.needs(name)]
            } + [
                ["administration", addresses.administration, "GET / says what there is"]
            ]
    }

    /// What a server wants to see.
    private static func needs(_ name: MCPServerName) -> String {
        switch name.mode {
        case .managed, .consent: "scopes \(name.readScope), \(name.writeScope)"
        case .exchanged: "the exchange server's ID token for '\(name.audience)'"
        case .forwarded: "the user's ID token, signed in with \"audiences\":[\"\(name.audience)\"]"
        case .open: "no token"
        }
    }
}
