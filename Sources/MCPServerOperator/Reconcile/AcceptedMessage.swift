// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI
import RouteTable

/// The message of `Accepted`, to which the Secrets contribute.
enum AcceptedMessage {
    /// Also the note of the event `SharedClientSecret`.
    static let sharedClient =
        "Leg 2 uses leg 1's client, because the Secret holds no other: the MCP server's authorization server sees the "
        + "identity provider's client secret. Register a client of its own and name it in mcpAuthServerClient."

    /// Adds the notes of validation and what the credentials suggest.
    static func complete(_ judgement: SpecJudgement, _ references: ResolvedReferences) -> ConditionState {
        guard judgement.accepted.status == .true else { return judgement.accepted }
        var sentences = [judgement.accepted.message] + judgement.notes.map(\.message)
        if references.sharesClient { sentences.append(sharedClient) }
        if let doubt = foreignClient(judgement, references) { sentences.append(doubt) }
        return ConditionState(.accepted, sentences.joined(separator: " "))
    }

    /// Whether an earlier status says that leg 2 shares leg 1's client.
    static func tellsOfSharedClient(_ status: MCPServerStatus?) -> Bool {
        status?.condition(.accepted)?.message.contains(sharedClient) == true
    }

    /// An identity provider accepts as subject only a token whose audience is the authenticated client.
    private static func foreignClient(_ judgement: SpecJudgement, _ references: ResolvedReferences) -> String? {
        guard case .enterpriseIdP = judgement.configuration?.auth, let client = references.idpClient,
            let provider = judgement.idp?.provider, client.id != provider.clientID,
            !provider.bearerAudiences.contains(client.id)
        else { return nil }
        return "The client '\(client.id)' is neither the clientID of identity provider '\(provider.name)' nor in its "
            + "bearerAudiences, so the provider will probably refuse it."
    }
}
