// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides which scopes a user is asked for.
///
/// In the order that MCP gives
/// ([scope selection](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-selection-strategy)),
/// after what the resource says, which somebody wrote down for this server.
enum ScopeSelection {
    /// Has a server give a refresh token.
    static let offlineAccess = "offline_access"
    /// What a server may ask for at most; more is cut.
    static let limit = 64

    /// The scopes of a request.
    ///
    /// - Parameters:
    ///   - route: Of the resource.
    ///   - challenge: Of the server's challenge.
    ///   - resource: Of the server's metadata.
    ///   - offersOfflineAccess: Whether the authorization server says that it takes `offline_access`.
    /// - Returns: The first that has any, with `offline_access` if that is offered; none at all leaves the scopes to the
    ///   authorization server, whose defaults `offline_access` alone would replace.
    static func scopes(
        route: [String],
        challenge: Set<String>,
        resource: [String],
        offersOfflineAccess: Bool
    ) -> ScopeList {
        let candidates = [ScopeList(route), Self.readable(challenge), Self.readable(resource)]
        guard let chosen = candidates.first(where: { !$0.scopes.isEmpty }) else { return ScopeList([]) }
        return offersOfflineAccess ? chosen.union(ScopeList([offlineAccess])) : chosen
    }

    /// What a stranger wrote, without what is no scope
    /// ([RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)).
    static func readable(_ scopes: some Collection<String>) -> ScopeList {
        let good = scopes.filter { scope in
            !scope.isEmpty && scope.utf8.count <= 256
                && scope.utf8.allSatisfy {
                    $0 == 0x21 || (0x23...0x5B).contains($0) || (0x5D...0x7E).contains($0)
                }
        }
        return ScopeList(ScopeList(good).scopes.prefix(limit))
    }
}
