// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
package import JSON

extension APIRequest {
    /// Creates an object, named by the body or by the server; `answer` is what the server shall say of it.
    package static func create(
        _ body: JSONValue,
        of type: ResourceType,
        namespace: String,
        answer: Representation = .full
    ) throws(APIError) -> APIRequest {
        let scope: NamespaceScope = type.isNamespaced ? .namespace(namespace) : .cluster
        let name = body["metadata"]?["name"]?.stringValue ?? body["metadata"]?["generateName"]?.stringValue ?? ""
        return APIRequest(
            verb: .create,
            method: .post,
            path: try ResourcePath(type).collection(in: scope),
            accept: answer.accept(.single),
            contentType: "application/json",
            body: body.serialized(.canonical),
            repetition: .unsafe,
            subject: type.subject(ObjectKey(namespace: type.isNamespaced ? namespace : "", name: name))
        )
    }

    /// Replaces an object by `body`, if it is still the one that `body` was made from.
    ///
    /// The version in `body` decides; a second delivery is refused as ``APIError/Code/conflict``, which whoever writes
    /// must be able to tell from somebody else's write. So it is not sent again without being asked for.
    package static func update(
        _ body: JSONValue,
        to key: ObjectKey,
        of type: ResourceType
    ) throws(APIError) -> APIRequest {
        APIRequest(
            verb: .update,
            method: .put,
            path: try ResourcePath(type).object(key),
            accept: Representation.full.accept(.single),
            contentType: "application/json",
            body: body.serialized(.canonical),
            repetition: .unsafe,
            subject: type.subject(key)
        )
    }

    /// Applies the fields of `body` in the name of a field manager
    /// ([server-side apply](https://kubernetes.io/docs/reference/using-api/server-side-apply/)).
    ///
    /// The text of a body depends on its content alone, so that applying the same intent again changes nothing. A
    /// `null` would claim its field, so members that are `null` are left out.
    package static func apply(
        _ body: JSONValue,
        to key: ObjectKey,
        of type: ResourceType,
        fieldManager: String,
        force: Bool,
        subresource: Subresource?,
        answer: Representation = .full
    ) throws(APIError) -> APIRequest {
        guard (1...128).contains(fieldManager.utf8.count) else {
            throw APIError(
                .badRequest,
                """
                Could not apply '\(type.subject(key))': the field manager's name has \(fieldManager.utf8.count) bytes. \
                Use one of 1 to 128 bytes.
                """
            )
        }
        return APIRequest(
            verb: .apply,
            method: .patch,
            path: try ResourcePath(type).object(key, subresource),
            parameters: [
                Parameter(name: "fieldManager", value: fieldManager),
                Parameter(name: "force", value: force ? "true" : "false"),
            ],
            accept: answer.accept(.single),
            contentType: "application/apply-patch+yaml",
            body: body.withoutNullMembers.serialized(.canonical),
            repetition: .idempotent,
            subject: type.subject(key, subresource)
        )
    }

    /// Changes an object by a JSON merge patch ([RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)), in which `null`
    /// deletes a member.
    package static func mergePatch(
        _ patch: JSONValue,
        to key: ObjectKey,
        of type: ResourceType,
        fieldManager: String,
        subresource: Subresource?,
        answer: Representation = .full
    ) throws(APIError) -> APIRequest {
        APIRequest(
            verb: .patch,
            method: .patch,
            path: try ResourcePath(type).object(key, subresource),
            parameters: [Parameter(name: "fieldManager", value: fieldManager)],
            accept: answer.accept(.single),
            contentType: "application/merge-patch+json",
            body: patch.serialized(.canonical),
            repetition: .unsafe,
            subject: type.subject(key, subresource)
        )
    }

    /// Deletes the object with that `uid`, or with `nil` whatever bears the name.
    ///
    /// A namesake created since is left alone with ``APIError/Code/conflict``.
    package static func delete(
        _ key: ObjectKey,
        of type: ResourceType,
        uid: String?
    ) throws(APIError) -> APIRequest {
        var options: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if let uid {
            options = [
                "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": ["uid": .string(uid)],
            ]
        }
        return APIRequest(
            verb: .delete,
            method: .delete,
            path: try ResourcePath(type).object(key),
            accept: Representation.full.accept(.single),
            contentType: "application/json",
            body: options.serialized(.canonical),
            repetition: uid == nil ? .unsafe : .idempotent,
            subject: type.subject(key)
        )
    }
}

extension JSONValue {
    /// The value without any object member that is `null`, at any depth.
    fileprivate var withoutNullMembers: JSONValue {
        switch self {
        case .object(let members):
            var kept = JSONObject()
            for (key, value) in members where value != .null { kept[key] = value.withoutNullMembers }
            return .object(kept)
        case .array(let elements): return .array(elements.map(\.withoutNullMembers))
        default: return self
        }
    }
}
