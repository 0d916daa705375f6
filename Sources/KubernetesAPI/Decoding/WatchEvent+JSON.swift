// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

extension WatchEvent where Object: KubernetesResource {
    /// Reads one line of a watch: `{"type": …, "object": …}`.
    ///
    /// Never fails: a stream goes on after a line that makes no sense.
    package init(line: [UInt8]) {
        do throws(JSONSyntaxError) {
            self.init(json: try JSONValue(parsing: line, limits: .kubernetesObject))
        } catch {
            self = .unknown("a line of \(line.count) bytes is not JSON: \(error)")
        }
    }

    private init(json: JSONValue) {
        guard let object = json["object"], let type = json["type"]?.stringValue else {
            if let failure = FailedResponse.failure(in: json) {
                self = .error(APIError(watchStatus: failure))
            } else {
                self = .unknown("a line has no type or no object")
            }
            return
        }
        switch type {
        case "ADDED", "MODIFIED": self = Self.carrying(object) { .applied($0) }
        case "DELETED": self = Self.carrying(object) { .deleted($0) }
        case "BOOKMARK": self = Self.bookmark(in: object)
        case "ERROR": self = Self.error(in: object)
        default: self = .unknown("an event has the type '\(APIError.quotable(String(type.prefix(64))))'")
        }
    }

    private static func carrying(
        _ object: JSONValue,
        _ event: (DecodedObject<Object>) -> WatchEvent
    ) -> WatchEvent {
        // Without a kind the object is taken for what was asked for.
        if let kind = object["kind"]?.stringValue, kind != Object.resourceType.kind, kind != "PartialObjectMetadata" {
            return .unknown("an event carries an object of kind '\(APIError.quotable(String(kind.prefix(64))))'")
        }
        return event(DecodedObject(json: object))
    }

    private static func bookmark(in object: JSONValue) -> WatchEvent {
        guard let version = object["metadata"]?["resourceVersion"]?.stringValue, !version.isEmpty else {
            return .unknown("a bookmark has no resource version")
        }
        let ends = object["metadata"]?["annotations"]?["k8s.io/initial-events-end"]?.stringValue == "true"
        return ends ? .initialEventsEnd(ResourceVersion(version)) : .bookmark(ResourceVersion(version))
    }

    private static func error(in object: JSONValue) -> WatchEvent {
        do throws(JSONDecodingError) {
            return .error(APIError(watchStatus: try Status(json: object)))
        } catch {
            return .error(
                APIError(
                    .unexpectedResponse,
                    """
                    Could not go on with a watch: the API server ended it with an error that cannot be read, \
                    \(error). Check the API server's log.
                    """
                )
            )
        }
    }
}
