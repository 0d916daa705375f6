// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import Testing

@Suite("Failed responses")
struct FailedResponseTests {
    static func error(
        _ status: Int,
        _ body: String = "",
        type: String = "application/json",
        headers: HTTPHeaders = [:],
        request: APIRequest? = nil
    ) throws -> APIError {
        var headers = headers
        headers["Content-Type"] = type
        return FailedResponse.error(
            for: try request ?? .get(ObjectKey(namespace: "a", name: "b"), of: Secret.resourceType, as: .full),
            status: status,
            headers: headers,
            body: Array(body.utf8)
        )
    }

    @Test(
        "A bare HTTP status has its code",
        arguments: [
            (400, APIError.Code.badRequest), (401, .unauthorized), (403, .forbidden), (404, .notFound),
            (405, .methodNotSupported), (406, .notAcceptable), (409, .conflict), (410, .expired),
            (413, .requestEntityTooLarge), (415, .unsupportedMediaType), (422, .invalid), (429, .tooManyRequests),
            (500, .internalError), (502, .internalError), (503, .serviceUnavailable), (504, .timeout),
            (302, .unexpectedResponse), (418, .unexpectedResponse),
        ]
    )
    func bareStatus(status: Int, code: APIError.Code) throws {
        let error = try Self.error(status)
        #expect(error.code == code)
        #expect(error.status == status)
    }

    @Test("A bare 409 to a POST means that the object is there already")
    func bareConflict() throws {
        let create = try APIRequest.create(["kind": "Secret"], of: Secret.resourceType, namespace: "a")
        #expect(try Self.error(409, request: create).code == .alreadyExists)
    }

    @Test(
        "The reason of a Status decides before its number",
        arguments: [
            ("AlreadyExists", 409, APIError.Code.alreadyExists), ("Conflict", 409, .conflict),
            ("Expired", 410, .expired), ("Gone", 410, .expired), ("ServerTimeout", 500, .timeout),
            ("NotFound", 404, .notFound), ("Invalid", 422, .invalid), ("SomethingNew", 403, .forbidden),
        ]
    )
    func reasons(reason: String, number: Int, code: APIError.Code) throws {
        let body = #"{"kind":"Status","status":"Failure","reason":"\#(reason)","code":\#(number),"message":"why."}"#
        let error = try Self.error(number, body)
        #expect(error.code == code)
        #expect(error.reason == reason)
        #expect(error.message.contains("the API server answered \(number), 'why'. "))
    }

    @Test("T52: A conflict of field managers names the fields and their manager")
    func fieldManagerConflict() throws {
        let body = #"""
            {"kind":"Status","status":"Failure","reason":"Conflict","code":409,"message":"Apply failed with 1 conflict",
             "details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl\"","field":".spec.url"}]}}
            """#
        let error = try Self.error(409, body)
        #expect(error.code == .conflict)
        let cause = APIError.Cause(
            reason: "FieldManagerConflict",
            message: #"conflict with "kubectl""#,
            field: ".spec.url"
        )
        #expect(error.causes == [cause])
    }

    @Test("A server that has not caught up is told apart from a slow one, by cause or by message")
    func versionTooLarge() throws {
        let byCause =
            #"{"kind":"Status","status":"Failure","reason":"Timeout","code":504,"details":{"retryAfterSeconds":1,"causes":[{"reason":"ResourceVersionTooLarge"}]}}"#
        let error = try Self.error(504, byCause)
        #expect(error.code == .resourceVersionTooLarge)
        #expect(error.retryAfter == .seconds(1))
        let byMessage =
            #"{"kind":"Status","status":"Failure","reason":"Timeout","code":504,"message":"Too large resource version: 9"}"#
        #expect(try Self.error(504, byMessage).code == .resourceVersionTooLarge)
        let slow = #"{"kind":"Status","status":"Failure","reason":"Timeout","code":504,"message":"slow"}"#
        #expect(try Self.error(504, slow).code == .timeout)
    }

    @Test("T24: A shutdown notice in plain text becomes tooManyRequests with its wait")
    func plainText() throws {
        let error = try Self.error(
            429,
            "The apiserver is shutting down, please try again later.\n",
            type: "text/plain; charset=utf-8",
            headers: ["Retry-After": "5", "Connection": "close"]
        )
        #expect(error.code == .tooManyRequests)
        #expect(error.retryAfter == .seconds(5))
        #expect(error.message.contains("'The apiserver is shutting down, please try again later'"))
    }

    @Test("T25: A load balancer's page becomes serviceUnavailable with at most 2048 bytes of it")
    func loadBalancerPage() throws {
        let page = "<html>" + String(repeating: "é", count: 5_000)
        let error = try Self.error(503, page, type: "text/html")
        #expect(error.code == .serviceUnavailable)
        #expect(error.message.contains("<html>é"))
        #expect(error.message.utf8.count < 2_500)
        let binary = try Self.error(503, "secret bytes", type: "application/octet-stream")
        #expect(!binary.message.contains("secret bytes"))
    }

    @Test("A control character from a peer does not reach a message")
    func controlCharacters() throws {
        let error = try Self.error(500, "a\u{1B}[31m\r\nb", type: "text/plain")
        #expect(!error.message.utf8.contains { $0 < 0x20 })
    }

    @Test(
        "T58: A Retry-After that is no number of seconds is left out",
        arguments: ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "", "99999999999999999999", "5.5", "soon"]
    )
    func strangeRetryAfter(value: String) throws {
        #expect(try Self.error(429, headers: ["Retry-After": value]).retryAfter == nil)
    }

    @Test("T60: A failure Status counts as one whatever its HTTP status; a success does not")
    func failureInSuccess() throws {
        let failure = try JSONValue(parsing: #"{"kind":"Status","status":"Failure","code":500}"#)
        #expect(FailedResponse.failure(in: failure)?.code == 500)
        let success = try JSONValue(parsing: #"{"kind":"Status","status":"Success"}"#)
        #expect(FailedResponse.failure(in: success) == nil)
        let object = try JSONValue(parsing: #"{"kind":"Widget","status":"Failure"}"#)
        #expect(FailedResponse.failure(in: object) == nil)
    }

    @Test("A namespace that is being deleted is recognised by its cause")
    func terminatingNamespace() throws {
        let body =
            #"{"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"details":{"causes":[{"reason":"NamespaceTerminating"}]}}"#
        #expect(try Self.error(403, body).isNamespaceTerminating)
        #expect(try !Self.error(403).isNamespaceTerminating)
    }

    @Test("Only a write whose request may have arrived may have been applied")
    func ambiguity() throws {
        let lost = HTTPTransportError(.connectionLost, "lost", mayHaveBeenSent: true)
        let create = try APIRequest.create(["kind": "Secret"], of: Secret.resourceType, namespace: "a")
        let error = APIError(request: create, transport: lost)
        #expect(error.mayHaveBeenApplied)
        #expect(error.transport == "connection_lost")
        let get = try APIRequest.get(ObjectKey(namespace: "a", name: "b"), of: Secret.resourceType, as: .full)
        #expect(!APIError(request: get, transport: lost).mayHaveBeenApplied)
        let refused = HTTPTransportError(.connectionFailed, "refused")
        #expect(!APIError(request: create, transport: refused).mayHaveBeenApplied)
    }
}
