// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import RouteTable

/// Follows the Secret references of a resource, valid or not.
struct ReferenceResolver: Sendable {
    let secrets: any SecretReader
    let grants: any GrantReader
    let cryptography: Cryptography
    let requiresLabel: Bool

    /// On a Secret that may be used where ``requiresLabel`` is set.
    static let label = (name: "mcp.giantswarm.io/credentials", value: "true")
    /// On a Secret that other namespaces may use: the token endpoints it may be sent to.
    static let endpointsAnnotation = "mcp.giantswarm.io/token-endpoints"

    /// Where each client's credentials would be sent, as far as that is decided.
    struct Endpoints: Hashable, Sendable {
        var idp: String?
        var authServer: String?
    }

    /// One reference followed to its end.
    private enum Outcome {
        case client(CredentialReader.Reading, Secret)
        case problem(ValidationProblem)
        case denied(String)
    }

    /// - Parameters:
    ///   - references: What the raw spec names, so that they are checked for an invalid spec too.
    ///   - namespace: The MCPServer's.
    ///   - auth: The parsed mode, if the spec is valid; decides where leg 2's client comes from.
    ///   - endpoints: Where the clients' credentials would be sent.
    /// - Returns: The clients, and `ResolvedRefs`.
    /// - Throws: ``APIError`` for a failure that may pass, or `CancellationError`.
    func resolve(
        _ references: [CredentialReference],
        of namespace: String,
        auth: AuthConfiguration?,
        endpoints: Endpoints
    ) async throws -> ResolvedReferences {
        var outcomes: [(role: CredentialReference.Role, outcome: Outcome)] = []
        var sharesClient = false
        for reference in references {
            let endpoint = reference.role == .idp ? endpoints.idp : endpoints.authServer
            outcomes.append((reference.role, try await follow(reference.credentials, of: namespace, to: endpoint)))
        }
        if case .enterpriseIdP(let mode) = auth, case .fromIdPSecret(let shared) = mode.authServerClient,
            let first = outcomes.first(where: { $0.role == .idp })?.outcome,
            case .client(let reading, let secret) = first,
            let credentials = references.first(where: { $0.role == .idp })?.credentials
        {
            let derived = derive(shared, credentials, reading, secret, endpoint: endpoints.authServer)
            outcomes.append((.authServer, derived.outcome))
            sharesClient = derived.sharesClient
        }
        return summary(outcomes, namespace: namespace, sharesClient: sharesClient)
    }

    private func follow(
        _ credentials: ClientCredentials,
        of namespace: String,
        to endpoint: String?
    ) async throws -> Outcome {
        let reference = credentials.reference
        if reference.isCrossNamespace, !grants.permitsSecret(reference.key, from: namespace) {
            return .problem(
                ValidationProblem(
                    .refNotPermitted,
                    at: reference.field,
                    "Secret '\(reference.key)' is in another namespace, and no ReferenceGrant there lets MCPServers of "
                        + "'\(namespace)' refer to it. Create one, or keep the Secret next to the MCPServer."
                )
            )
        }
        let secret: Secret
        switch try await secrets.secret(reference.key) {
        case .found(let found): secret = found
        case .denied(let message): return .denied(message)
        case .notFound:
            return .problem(
                ValidationProblem(
                    .secretNotFound,
                    at: reference.field,
                    "Secret '\(reference.key)' does not exist. Create it, or correct the reference."
                )
            )
        }
        if let problem = permission(secret, reference, endpoint) { return .problem(problem) }
        do throws(ReferenceProblem) {
            return .client(try CredentialReader(cryptography: cryptography).read(credentials, from: secret), secret)
        } catch {
            return .problem(error.problem)
        }
    }

    /// Why the Secret itself does not permit this use, or `nil`.
    private func permission(
        _ secret: Secret,
        _ reference: SecretReference,
        _ endpoint: String?
    ) -> ValidationProblem? {
        if requiresLabel, secret.metadata.labels[Self.label.name] != Self.label.value {
            return ValidationProblem(
                .refNotPermitted,
                at: reference.field,
                "Secret '\(reference.key)' lacks the label '\(Self.label.name): \"\(Self.label.value)\"', without which "
                    + "this operator uses no Secret. Add the label."
            )
        }
        guard reference.isCrossNamespace, let endpoint else { return nil }
        return endpointProblem(secret, reference, endpoint)
    }

    /// Why a Secret of another namespace may not be sent to `endpoint`, or `nil`.
    private func endpointProblem(
        _ secret: Secret,
        _ reference: SecretReference,
        _ endpoint: String
    ) -> ValidationProblem? {
        let named = secret.metadata.annotations[Self.endpointsAnnotation] ?? ""
        if named.split(separator: " ").contains(where: { $0 == endpoint }) { return nil }
        return ValidationProblem(
            .refNotPermitted,
            at: reference.field,
            "Secret '\(reference.key)' of another namespace may not be sent to '\(endpoint)': its annotation "
                + "'\(Self.endpointsAnnotation)' does not name that endpoint. Have it added there."
        )
    }

    /// Leg 2's client from leg 1's Secret: its `mcp-` keys, else leg 1's client itself.
    private func derive(
        _ shared: AuthConfiguration.SharedSecret,
        _ idpCredentials: ClientCredentials,
        _ idpReading: CredentialReader.Reading,
        _ secret: Secret,
        endpoint: String?
    ) -> (outcome: Outcome, sharesClient: Bool) {
        if shared.reference.isCrossNamespace, let endpoint,
            let problem = endpointProblem(secret, shared.reference, endpoint)
        {
            return (.problem(problem), false)
        }
        let method = shared.method(availableKeys: Set(secret.data.keys))
        if method == nil, shared.mayUseIdPClient {
            var client = idpReading.client
            client.assertionAudience = shared.assertionAudience
            return (.client(CredentialReader.Reading(client: client, notes: []), secret), true)
        }
        var credentials = idpCredentials
        credentials.reference = shared.reference
        credentials.keys = .authorizationServerClient
        credentials.method = method ?? shared.method ?? .standard
        credentials.assertionAudience = shared.assertionAudience
        do throws(ReferenceProblem) {
            let reading = try CredentialReader(cryptography: cryptography).read(credentials, from: secret)
            return (.client(reading, secret), false)
        } catch {
            return (.problem(error.problem), false)
        }
    }

    private func summary(
        _ outcomes: [(role: CredentialReference.Role, outcome: Outcome)],
        namespace: String,
        sharesClient: Bool
    ) -> ResolvedReferences {
        var problems: [ValidationProblem] = []
        var denials: [String] = []
        var notes: [String] = []
        var credentials = MCPServerStatus.Credentials()
        var resolved = ResolvedReferences(condition: ConditionState(.resolvedRefs, ""), sharesClient: sharesClient)
        for (role, outcome) in outcomes {
            switch outcome {
            case .problem(let problem): if !problems.contains(problem) { problems.append(problem) }
            case .denied(let message): if !denials.contains(message) { denials.append(message) }
            case .client(let reading, let secret):
                notes += reading.notes.filter { !notes.contains($0) }
                let version = MCPServerStatus.SecretVersion(
                    secret: name(secret.metadata.key, seenFrom: namespace),
                    resourceVersion: secret.metadata.resourceVersion.rawValue
                )
                switch role {
                case .idp: (resolved.idpClient, credentials.idp) = (reading.client, version)
                case .authServer: (resolved.authServerClient, credentials.authServer) = (reading.client, version)
                }
            }
        }
        if credentials != MCPServerStatus.Credentials() { resolved.credentials = credentials }
        resolved.problems = problems
        resolved.notes = notes
        if let first = problems.first {
            resolved.condition = ConditionState(first.reason, problems.map(\.message).joined(separator: " "))
        } else if !denials.isEmpty {
            resolved.condition = ConditionState(.secretAccessDenied, denials.joined(separator: " "))
        } else {
            let text = outcomes.isEmpty ? "The server refers to no Secret." : "Every Secret is there and complete."
            resolved.condition = ConditionState(.resolvedRefs, ([text] + notes).joined(separator: " "))
        }
        return resolved
    }

    private func name(_ key: ObjectKey, seenFrom namespace: String) -> String {
        key.namespace == namespace ? key.name : key.description
    }
}
