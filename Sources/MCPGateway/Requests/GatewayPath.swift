// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// What a path of the gateway stands for.
///
/// Names are those of Kubernetes objects, which need no escaping; so a path with an escape in it is none of these, and no
/// two paths are the same place.
package enum GatewayPath: Hashable, Sendable {
    /// `/servers/{namespace}/{name}/mcp`: one server.
    case server(RouteKey)
    /// `/servers/{namespace}/{name}/retry`: forgets what failed for the caller.
    case retry(RouteKey)
    /// `/servers`: what there is.
    case servers
    /// Where clients learn how to sign in for another path
    /// ([RFC 9728 §3](https://www.rfc-editor.org/rfc/rfc9728#section-3)).
    case metadata(of: String)
    /// Where authorization servers read what the gateway is to them.
    case clientMetadata

    /// Longer ones are not looked at; a namespace and a name have at most 63 and 253 bytes.
    private static let longest = 512
    private static let metadataPrefix = "/.well-known/oauth-protected-resource"

    /// What it takes.
    package var methods: [String] {
        switch self {
        case .server: ["POST", "GET", "DELETE"]
        case .retry: ["POST"]
        case .servers, .metadata, .clientMetadata: ["GET"]
        }
    }

    /// Reads the path of a request, without its query; `nil` for a place that does not exist.
    package init?(_ path: String) {
        guard path.utf8.count <= Self.longest else { return nil }
        if path.hasPrefix(Self.metadataPrefix) {
            let resource = String(path.dropFirst(Self.metadataPrefix.count))
            switch GatewayPath(resource) {
            case .server, .servers: self = .metadata(of: resource)
            case .retry, .metadata, .clientMetadata, nil: return nil
            }
            return
        }
        if path == GatewayClient.metadataPath {
            self = .clientMetadata
            return
        }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 5, parts[0].isEmpty, parts[1].elementsEqual("servers".utf8) else {
            return nil
        }
        guard parts.count == 5 else {
            self = .servers
            return
        }
        guard let namespace = Self.name(parts[2], atMost: 63), let name = Self.name(parts[3], atMost: 253) else {
            return nil
        }
        let key = RouteKey(namespace: namespace, name: name)
        if parts[4].elementsEqual("mcp".utf8) {
            self = .server(key)
        } else if parts[4].elementsEqual("retry".utf8) {
            self = .retry(key)
        } else {
            return nil
        }
    }

    /// The path of a server.
    package static func path(of server: RouteKey) -> String { "/servers/\(server.namespace)/\(server.name)/mcp" }

    /// Where the metadata of a path is.
    package static func metadataPath(of resource: String) -> String { metadataPrefix + resource }

    /// A [DNS name](https://www.rfc-editor.org/rfc/rfc1123#section-2) in lower case, as Kubernetes demands of names.
    private static func name(_ part: Substring.UTF8View, atMost limit: Int) -> String? {
        guard (1...limit).contains(part.count), part.first != UInt8(ascii: "."), part.first != UInt8(ascii: "-"),
            part.allSatisfy(isNameByte)
        else { return nil }
        return String(Substring(part))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
