// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// One line of the route stream, in the words of `docs/route-stream.md`.
///
/// Holds credentials, as routes do: its JSON goes to gateways and nowhere else.
package enum RouteEvent: Hashable, Sendable {
    /// What follows up to `synced` is the whole table; what the reader had is kept until then.
    case reset(revision: Int64, count: Int)
    /// The route is new, or replaces the one of its key.
    case put(revision: Int64, VersionedRoute)
    /// What the operator does not know at the moment, as part of a whole table: the server is there, and a reader that
    /// has a route of that key keeps it as it is.
    case keep(RouteKey)
    /// There is no route of that key any more.
    case delete(revision: Int64, RouteKey)
    /// The table is complete as of this revision.
    case synced(revision: Int64)
    /// Nothing has changed; the stream is alive.
    case heartbeat

    /// The words of the member `type`.
    package enum Kind: String, CaseIterable, Sendable {
        case reset = "RESET"
        case put = "PUT"
        case keep = "KEEP"
        case delete = "DELETE"
        case synced = "SYNCED"
        case heartbeat = "HEARTBEAT"
    }

    /// What the event is, without its content.
    package var kind: Kind {
        switch self {
        case .reset: .reset
        case .put: .put
        case .keep: .keep
        case .delete: .delete
        case .synced: .synced
        case .heartbeat: .heartbeat
        }
    }
}

extension RouteEvent: JSONDecodable, JSONEncodable {
    /// Reads one line.
    ///
    /// - Throws: If the type is not known or a member is missing: a reader that guesses would serve a wrong table.
    package init(json: JSONValue) throws(JSONDecodingError) {
        let word: String = try json.required("type")
        switch Kind(rawValue: word) {
        case .reset: self = .reset(revision: try json.required("revision"), count: try json.required("count"))
        case .put: self = .put(revision: try json.required("revision"), try json.required("route"))
        case .keep: self = .keep(try json.required("key"))
        case .delete: self = .delete(revision: try json.required("revision"), try json.required("key"))
        case .synced: self = .synced(revision: try json.required("revision"))
        case .heartbeat: self = .heartbeat
        case nil: throw JSONDecodingError(at: JSONPointer([.key("type")]), "is not a type of event this reader knows")
        }
    }

    package var json: JSONValue {
        var object: JSONObject = ["type": .string(kind.rawValue)]
        switch self {
        case .reset(let revision, let count):
            object["revision"] = revision.json
            object["count"] = count.json
        case .put(let revision, let route):
            object["revision"] = revision.json
            object["route"] = route.route.json(version: route.version)
        case .keep(let key): object["key"] = .string(key.description)
        case .delete(let revision, let key):
            object["revision"] = revision.json
            object["key"] = .string(key.description)
        case .synced(let revision): object["revision"] = revision.json
        case .heartbeat: break
        }
        return .object(object)
    }
}
