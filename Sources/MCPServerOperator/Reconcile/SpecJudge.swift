// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI

/// Decides `Accepted`: the rules of the resource, then those of trust.
struct SpecJudge: Sendable {
    /// `nil` where there is no configuration to judge by: then trust, resource pairs and egress are not checked.
    let trust: TrustConfiguration?
    let metadata: any MetadataSource

    private var validator: MCPServerValidator {
        MCPServerValidator(policy: trust?.validationPolicy ?? .unconfigured)
    }

    /// - Throws: `CancellationError` only.
    func judge(_ record: ServerRecord) async throws -> SpecJudgement {
        let server: MCPServer
        switch record.content {
        case .undecodable(let error):
            let problem = ValidationProblem(
                .invalidSpec,
                at: error.pointer,
                "The resource cannot be read: \(error). Correct the field, or remove it."
            )
            return rejected([problem] + record.findings)
        case .spec(let spec):
            server = MCPServer(metadata: record.metadata, spec: spec, status: nil)
        }
        let result = validator.validate(server)
        guard result.problems.isEmpty, record.findings.isEmpty, let configuration = result.configuration else {
            var judgement = rejected(result.problems + record.findings)
            judgement.server = server
            judgement.notes = result.notes
            // The references are still followed by the raw spec, and the mode may be known.
            return judgement
        }
        var judgement = SpecJudgement(
            accepted: ConditionState(.accepted, "The spec is valid, and the configuration permits what it asks for."),
            notes: result.notes,
            server: server,
            configuration: configuration
        )
        if let trust { try await decideTrust(configuration, trust, &judgement) }
        return judgement
    }

    /// One reason for several problems: an unsupported type explains the others, and the resource rule says something
    /// only about a valid spec.
    private func rejected(_ problems: [ValidationProblem]) -> SpecJudgement {
        let order: [ConditionReason] = [.unsupportedType, .invalidSpec, .resourceMismatch]
        let reason = order.first { reason in problems.contains { $0.reason == reason } } ?? .invalidSpec
        let sorted = problems.filter { $0.reason == reason } + problems.filter { $0.reason != reason }
        let message = sorted.map(\.message).joined(separator: " ")
        return SpecJudgement(accepted: ConditionState(reason, message), problems: problems)
    }

    private func decideTrust(
        _ configuration: ServerConfiguration,
        _ trust: TrustConfiguration,
        _ judgement: inout SpecJudgement
    ) async throws {
        switch configuration.auth {
        case .none: break
        case .forwardToken:
            let rules = TrustRules(configuration: trust, metadata: [:])
            if let problem = rules.forwardingProblem(configuration.url) { judgement.reject(problem) }
        case .oauth(let mode):
            guard let server = mode.authorizationServer else { return }
            if let endpoints = server.endpoints {
                // Refused or not, so that the Secret's own rule about it is judged as well.
                judgement.authServerEndpoint = endpoints.token.text
                _ = try await decide(trust, &judgement) { $0.pinnedEndpoints(of: server) }
                return
            }
            guard server.client?.reference.isCrossNamespace == true else { return }
            let field = JSONPointer.field("spec", "auth", "authorizationServer", "issuer")
            let decided = try await decide(trust, &judgement) {
                $0.discoveredEndpoint(of: server.issuer.text, at: field)
            }
            judgement.authServerEndpoint = decided ?? nil
        case .tokenExchange(let mode):
            let rules = TrustRules(configuration: trust, metadata: [:])
            if let problem = rules.exchangeProblem(mode, to: configuration.url) { judgement.reject(problem) }
            judgement.idp = try await decide(trust, &judgement) {
                $0.tokenExchange(endpoint: mode.tokenEndpoint.text, expectedIssuer: mode.expectedIssuer.text)
            }
        case .enterpriseIdP(let mode):
            judgement.idp = try await decide(trust, &judgement) { $0.identityProvider(mode.identityProvider) }
            let decided = try await decide(trust, &judgement) {
                $0.authServerEndpoint(
                    mode.authServerTokenEndpoint,
                    issuer: mode.authServerIssuer,
                    mustBeKnown: mode.authServerClient.isCrossNamespace
                )
            }
            judgement.authServerEndpoint = decided ?? nil
        }
    }

    /// Asks a rule, fetches the metadata that it asks for, and asks it again.
    private func decide<Value>(
        _ trust: TrustConfiguration,
        _ judgement: inout SpecJudgement,
        _ rule: (TrustRules) -> Verdict<Value>
    ) async throws -> Value? {
        var known = metadata.configuredIssuers
        while true {
            switch rule(TrustRules(configuration: trust, metadata: known)) {
            case .allowed(let value): return value
            case .refused(let problem):
                judgement.reject(problem)
                return nil
            case .undecided(let problem):
                judgement.leaveOpen(problem)
                return nil
            case .needsMetadata(let issuer):
                // Whose documents are fetched by configuration is never fetched because a resource says so.
                if trust.identityProviders.contains(where: { $0.issuer == issuer }) {
                    known[issuer] = .unavailable("The metadata of '\(issuer)' has not been read yet.")
                    continue
                }
                let answer = try await metadata.metadata(ofResourceIssuer: issuer)
                known[issuer] = answer.state
                if let retry = answer.retryAfter { judgement.retryAfter = min(judgement.retryAfter ?? retry, retry) }
            }
        }
    }
}

extension SpecJudgement {
    /// A refusal outweighs what is merely open.
    mutating func reject(_ problem: ValidationProblem) {
        let messages = problems.map(\.message) + [problem.message]
        let reason = accepted.status == .false ? accepted.reason : problem.reason
        problems.append(problem)
        accepted = ConditionState(reason, messages.joined(separator: " "))
    }

    mutating func leaveOpen(_ problem: ValidationProblem) {
        guard accepted.status == .true else { return }
        accepted = ConditionState(problem.reason, problem.message)
        openQuestion = problem
    }
}

extension AuthConfiguration.AuthServerClient {
    /// Whether leg 2's credentials come from another namespace.
    var isCrossNamespace: Bool {
        switch self {
        case .dedicated(let credentials): credentials.reference.isCrossNamespace
        case .fromIdPSecret(let shared): shared.reference.isCrossNamespace
        }
    }
}
