// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@Suite("Token reviews and ConfigMaps")
struct TokenReviewTests {
    @Test("A review asks about a token for an audience, creates nothing, and does not name the token")
    func request() throws {
        let request = try APIRequest.reviewToken(Redacted("a.b.c"), audience: "routes")
        #expect(request.target == "/apis/authentication.k8s.io/v1/tokenreviews")
        #expect(request.verb == .create)
        #expect(request.repetition == .harmless)
        #expect(
            try JSONValue(parsing: request.body) == [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                "spec": ["token": "a.b.c", "audiences": ["routes"]],
            ]
        )
        #expect(!request.subject.contains("a.b.c"))
    }

    @Test("An accepted token's user, audiences and pod are read")
    func accepted() throws {
        let review = try TokenReview(
            json: try JSONValue(
                parsing: """
                    {"kind":"TokenReview","metadata":{"creationTimestamp":null},"status":{"authenticated":true,"user":{\
                    "username":"system:serviceaccount:a:b","extra":{"authentication.kubernetes.io/pod-name":["p"]}},\
                    "audiences":["routes"]}}
                    """
            )
        )
        #expect(review.isAuthenticated)
        #expect(review.username == "system:serviceaccount:a:b")
        #expect(review.extra == ["authentication.kubernetes.io/pod-name": ["p"]])
        #expect(review.audiences == ["routes"])
    }

    @Test(
        "What an answer does not say counts against the token",
        arguments: ["{}", #"{"status":null}"#, #"{"status":{}}"#, #"{"status":{"user":{},"error":"no"}}"#]
    )
    func silent(text: String) throws {
        let review = try TokenReview(json: try JSONValue(parsing: text))
        #expect(!review.isAuthenticated)
        #expect(review.username.isEmpty)
        #expect(review.audiences.isEmpty)
    }

    @Test("An answer of the wrong types is an error", arguments: [#"{"status":{"authenticated":"true"}}"#, "[]"])
    func malformed(text: String) throws {
        #expect(throws: JSONDecodingError.self) { try TokenReview(json: try JSONValue(parsing: text)) }
    }

    @Test("A ConfigMap's texts are read, and it may have none")
    func configMap() throws {
        let text = #"{"metadata":{"name":"a"},"data":{"ca.crt":"pem"},"binaryData":{"x":"AA=="}}"#
        #expect(try ConfigMap(json: try JSONValue(parsing: text)).data == ["ca.crt": "pem"])
        #expect(try ConfigMap(json: ["metadata": ["name": "a"]]).data == [:])
    }
}
