// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// A request to the API server: everything about it except the server and the caller's credentials.
///
/// Paths and parameters as in
/// [Kubernetes API concepts](https://kubernetes.io/docs/reference/using-api/api-concepts/).
package struct APIRequest: Sendable {
    /// What is asked for, in RBAC's words where it has one.
    package enum Verb: String, Sendable, CaseIterable {
        case get
        case list
        case watch
        case create
        /// Replaces a whole object.
        case update
        /// Server-side apply; RBAC calls it `patch`.
        case apply
        case patch
        case delete
    }

    /// What a second delivery of the same request does.
    package enum Repetition: Hashable, Sendable {
        /// Nothing: the request only reads.
        case harmless
        /// It leads to the same state as the first one.
        case idempotent
        /// It may undo or repeat a change.
        case unsafe
    }

    /// One query parameter, not yet encoded.
    package struct Parameter: Hashable, Sendable {
        /// As in the API's documentation; needs no encoding.
        package var name: String
        /// Not yet percent-encoded.
        package var value: String
    }

    /// What the API calls the action, for metrics and deadlines.
    package var verb: Verb
    /// What HTTP calls it.
    package var method: OutgoingRequest.Method
    /// The path without the server's own prefix, percent-encoded.
    package var path: String
    /// The query, in the order it is sent.
    package var parameters: [Parameter] = []
    /// The `Accept` header; asks for metadata alone where that is all that is read.
    package var accept: String
    /// `nil` without a body.
    package var contentType: String?
    /// The body as JSON text; empty for none.
    package var body: [UInt8] = []
    /// Whether sending it twice does more than sending it once.
    package var repetition: Repetition
    /// What the request is about, for messages: a resource, and an object's key where there is one.
    package var subject: String

    /// The path and the encoded query, to be appended to the server's URL.
    package var target: String {
        guard !parameters.isEmpty else { return path }
        let query = parameters.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }
        return path + "?" + query.joined(separator: "&")
    }
}

extension APIRequest {
    /// Reads one object.
    ///
    /// - Throws: ``APIError`` if the key cannot stand in a path.
    package static func get(
        _ key: ObjectKey,
        of type: ResourceType,
        as representation: Representation
    ) throws(APIError) -> APIRequest {
        APIRequest(
            verb: .get,
            method: .get,
            path: try ResourcePath(type).object(key),
            accept: representation.accept(.single),
            repetition: .harmless,
            subject: type.subject(key)
        )
    }

    /// Reads one page of a list.
    ///
    /// A continued list takes its version from the token, and a list from a given version has no pages, so what the
    /// server would refuse is left out here.
    package static func list(
        _ type: ResourceType,
        in scope: NamespaceScope,
        _ options: ListOptions,
        as representation: Representation
    ) throws(APIError) -> APIRequest {
        var parameters = selectors(options.labelSelector, options.fieldSelector)
        if let token = options.continueToken {
            if let limit = options.limit { parameters.append(Parameter(name: "limit", value: String(limit))) }
            parameters.append(Parameter(name: "continue", value: token))
        } else if let version = options.resourceVersion, !version.rawValue.isEmpty {
            parameters.append(Parameter(name: "resourceVersion", value: version.rawValue))
            if options.notOlderThan {
                parameters.append(Parameter(name: "resourceVersionMatch", value: "NotOlderThan"))
            }
        } else if let limit = options.limit {
            parameters.append(Parameter(name: "limit", value: String(limit)))
        }
        return APIRequest(
            verb: .list,
            method: .get,
            path: try ResourcePath(type).collection(in: scope),
            parameters: parameters,
            accept: representation.accept(.list),
            repetition: .harmless,
            subject: type.subject(scope)
        )
    }

    /// Follows the changes after a version.
    package static func watch(
        _ type: ResourceType,
        in scope: NamespaceScope,
        _ options: WatchOptions,
        as representation: Representation
    ) throws(APIError) -> APIRequest {
        var parameters = [
            Parameter(name: "watch", value: "true"), Parameter(name: "allowWatchBookmarks", value: "true"),
        ]
        if !options.resourceVersion.rawValue.isEmpty || !options.sendsInitialEvents {
            parameters.append(Parameter(name: "resourceVersion", value: options.resourceVersion.rawValue))
        }
        if options.sendsInitialEvents {
            parameters.append(Parameter(name: "sendInitialEvents", value: "true"))
            parameters.append(Parameter(name: "resourceVersionMatch", value: "NotOlderThan"))
        }
        // Whole seconds; the server refuses 0.
        let seconds = String(max(1, options.timeout.components.seconds))
        parameters.append(Parameter(name: "timeoutSeconds", value: seconds))
        parameters += selectors(options.labelSelector, options.fieldSelector)
        return APIRequest(
            verb: .watch,
            method: .get,
            path: try ResourcePath(type).collection(in: scope),
            parameters: parameters,
            accept: representation.accept(.single),
            repetition: .harmless,
            subject: type.subject(scope)
        )
    }

    /// A watch of a resource type that nobody sends: it names one in errors.
    package static func anyWatch(_ type: ResourceType) -> APIRequest {
        APIRequest(
            verb: .watch,
            method: .get,
            path: "",
            accept: "",
            repetition: .harmless,
            subject: type.qualifiedPlural
        )
    }

    private static func selectors(_ labels: String?, _ fields: String?) -> [Parameter] {
        var parameters: [Parameter] = []
        if let labels, !labels.isEmpty { parameters.append(Parameter(name: "labelSelector", value: labels)) }
        if let fields, !fields.isEmpty { parameters.append(Parameter(name: "fieldSelector", value: fields)) }
        return parameters
    }
}
