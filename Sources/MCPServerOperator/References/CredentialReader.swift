// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import RouteTable

/// Reads an OAuth client out of a Secret.
struct CredentialReader: Sendable {
    let cryptography: Cryptography

    /// What was read, and what its author should know.
    struct Reading: Hashable, Sendable {
        var client: RouteClient
        var notes: [String]
    }

    /// - Throws: What is missing or unusable. Names keys, never values.
    func read(_ credentials: ClientCredentials, from secret: Secret) throws(ReferenceProblem) -> Reading {
        var notes: [String] = []
        let clientID = try text(credentials.keys.clientID, of: secret, for: credentials, &notes)
        let credential: RouteClient.Credential
        switch credentials.method {
        case .none: credential = .none
        case .clientSecretBasic, .clientSecretPost:
            credential = .secret(
                Redacted(try text(credentials.keys.clientSecret, of: secret, for: credentials, &notes))
            )
        case .privateKeyJWT:
            let key = try privateKey(credentials, secret)
            var keyID: String?
            if secret.data[credentials.keys.keyID] != nil {
                keyID = try text(credentials.keys.keyID, of: secret, for: credentials, &notes)
            }
            credential = .privateKey(Redacted(key), keyID: keyID)
        }
        let client = RouteClient(
            id: clientID,
            method: RouteClient.Method(credentials.method),
            credential: credential,
            source: RouteClient.Source(
                uid: secret.metadata.uid,
                resourceVersion: secret.metadata.resourceVersion.rawValue
            ),
            assertionAudience: credentials.method == .privateKeyJWT ? credentials.assertionAudience : nil
        )
        return Reading(client: client, notes: notes)
    }

    /// A one-line text; the line break that editors and `echo` put at the end is left out, with a note.
    private func text(
        _ key: String,
        of secret: Secret,
        for credentials: ClientCredentials,
        _ notes: inout [String]
    ) throws(ReferenceProblem) -> String {
        var bytes = try value(key, of: secret, for: credentials)
        let length = bytes.count
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(.secretEmpty, credentials, "holds binary data under the key '\(key)'. Store the text itself.")
        }
        guard !text.isEmpty else {
            throw problem(
                .secretEmpty,
                credentials,
                "holds nothing but line breaks under the key '\(key)'. Store the value."
            )
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw problem(
                .secretEmpty,
                credentials,
                "holds line breaks or control characters inside the value of '\(key)'. Store the value on one line."
            )
        }
        if bytes.count < length {
            notes.append(
                "The line break at the end of '\(key)' in Secret '\(credentials.reference.key)' is left out."
            )
        }
        return text
    }

    private func privateKey(_ credentials: ClientCredentials, _ secret: Secret) throws(ReferenceProblem) -> String {
        let key = credentials.keys.privateKey
        let bytes = try value(key, of: secret, for: credentials)
        guard let pem = String(validating: bytes, as: UTF8.self) else {
            throw problem(.secretEmpty, credentials, "holds binary data under the key '\(key)'. Store the key as PEM.")
        }
        if let reason = cryptography.privateKeyProblem(pem) {
            throw problem(
                .secretEmpty,
                credentials,
                "holds no usable private key under '\(key)'. \(reason)"
            )
        }
        return pem
    }

    private func value(
        _ key: String,
        of secret: Secret,
        for credentials: ClientCredentials
    ) throws(ReferenceProblem) -> [UInt8] {
        guard let value = secret.data[key] else {
            throw problem(
                .secretKeyMissing,
                credentials,
                "has no key '\(key)', which \(credentials.method.rawValue) needs. Add it, or name the right key in the reference."
            )
        }
        guard !value.exposed.isEmpty else {
            throw problem(.secretEmpty, credentials, "holds nothing under the key '\(key)'. Store the value.")
        }
        return value.exposed
    }

    private func problem(
        _ reason: ConditionReason,
        _ credentials: ClientCredentials,
        _ clause: String
    ) -> ReferenceProblem {
        ReferenceProblem(
            ValidationProblem(
                reason,
                at: credentials.reference.field,
                "Secret '\(credentials.reference.key)' \(clause)"
            )
        )
    }
}

/// Why a reference does not lead to a client.
struct ReferenceProblem: Error, Hashable, Sendable {
    var problem: ValidationProblem

    init(_ problem: ValidationProblem) { self.problem = problem }
}

extension RouteClient.Method {
    init(_ method: ClientAuthMethod) {
        self =
            switch method {
            case .clientSecretBasic: .clientSecretBasic
            case .clientSecretPost: .clientSecretPost
            case .privateKeyJWT: .privateKeyJWT
            case .none: .none
            }
    }
}
