// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

extension SpecReader {
    static let enterpriseIdP = auth.field("enterpriseIdP")

    mutating func readEnterpriseIdP(
        _ block: MCPServerSpec.EnterpriseIdP?,
        server: AbsoluteURL?
    ) -> AuthConfiguration.EnterpriseIdP? {
        guard let block else { return nil }
        let field = Self.enterpriseIdP
        if block.enabled == true { checkCompleteness(block) }
        let provider = readIdentityProvider(block)
        let issuer = readIssuer(block.mcpAuthServerIssuer, at: field.field("mcpAuthServerIssuer"))
        let tokenEndpoint = readURL(
            block.mcpAuthServerTokenEndpoint,
            at: field.field("mcpAuthServerTokenEndpoint"),
            for: .authorization
        )
        let resource = readResource(block, server: server)
        let scopes = readScopes(block.scopes, at: field.field("scopes"))
        let stepUpScopes = readScopes(block.stepUpScopes, at: field.field("stepUpScopes"))
        let subject = readWord(
            block.subjectTokenType,
            at: field.field("subjectTokenType"),
            as: SubjectTokenType.self
        )
        let idpClient = readClient(
            block.clientCredentialsSecretRef,
            method: block.clientAuthMethod,
            assertionAudience: block.assertionAudience,
            at: field
        )
        let authServerClient = readAuthServerClient(block, idpClient: idpClient)
        let lifetime = readLifetime(block.maxTokenLifetime, at: field.field("maxTokenLifetime"))
        guard block.enabled == true, let issuer, let resource, let scopes, let stepUpScopes, let authServerClient else {
            return nil
        }
        return AuthConfiguration.EnterpriseIdP(
            identityProvider: provider,
            authServerIssuer: issuer,
            authServerTokenEndpoint: tokenEndpoint,
            resource: resource,
            sendsResourceToIdP: block.sendResource ?? true,
            sendsResourceToAuthServer: block.mcpAuthServerClient?.sendResource ?? true,
            scopes: scopes,
            stepUpScopes: stepUpScopes,
            subjectTokenType: subject ?? .idToken,
            idpClient: idpClient,
            authServerClient: authServerClient,
            maxTokenLifetime: lifetime,
            acceptsBearerTokenType: block.lenientTokenType ?? false
        )
    }

    private mutating func checkCompleteness(_ block: MCPServerSpec.EnterpriseIdP) {
        let field = Self.enterpriseIdP
        if block.idpTokenEndpoint == nil, block.idpIssuer == nil, block.idp == nil {
            findings.rejectMissing(
                field.field("idpIssuer"),
                because: "nothing else says which identity provider is meant",
                write: "Write idpIssuer, idp or idpTokenEndpoint."
            )
        }
        if block.mcpAuthServerIssuer == nil {
            findings.rejectMissing(
                field.field("mcpAuthServerIssuer"),
                because: "the IdP needs it as the audience of the ID-JAG",
                write: "Write the issuer of the MCP server's authorization server, character for character."
            )
        }
        if block.clientCredentialsSecretRef == nil, block.mcpAuthServerClient?.clientCredentialsSecretRef == nil {
            findings.rejectMissing(
                field.field("mcpAuthServerClient").field("clientCredentialsSecretRef"),
                because: "the gateway needs a client at the MCP server's authorization server",
                write: "Name the Secret with that client's credentials."
            )
        }
    }

    private mutating func readIdentityProvider(
        _ block: MCPServerSpec.EnterpriseIdP
    ) -> AuthConfiguration.IdentityProviderReference {
        let field = Self.enterpriseIdP
        if let name = block.idp, block.idpIssuer != nil {
            findings.reject(
                field.field("idp"),
                found: name,
                but: "idpIssuer names the identity provider already",
                write: "Keep one of the two."
            )
        }
        return AuthConfiguration.IdentityProviderReference(
            tokenEndpoint: readURL(block.idpTokenEndpoint, at: field.field("idpTokenEndpoint"), for: .authorization),
            issuer: readIssuer(block.idpIssuer, at: field.field("idpIssuer")),
            name: readPrintable(block.idp, at: field.field("idp"), limit: 64)
        )
    }

    private mutating func readResource(
        _ block: MCPServerSpec.EnterpriseIdP,
        server: AbsoluteURL?
    ) -> ResourceIndicator? {
        let field = Self.enterpriseIdP.field("resource")
        guard let text = block.resource else { return server.map(ResourceIndicator.init(canonicalFor:)) }
        let resource: ResourceIndicator
        do { resource = try ResourceIndicator(parsing: text) } catch {
            reject(text, at: field, error)
            return nil
        }
        // Without the server's URL there is nothing to compare with, and a block that is off asks for nothing.
        guard let server, block.enabled == true else { return resource }
        switch policy.resources.permits(resource, for: server) {
        case true?: break
        case false?:
            findings.reject(
                field,
                found: Findings.withoutCredentials(text),
                but: "a token for it may not be sent to \(Findings.withoutCredentials(server.text))",
                write: "Write \(ResourceIndicator(canonicalFor: server).text) or a prefix of it in whole segments, "
                    + "or have the pair listed under resources in the configuration.",
                reason: .resourceMismatch
            )
        case nil:
            findings.note(field, "does not cover spec.url, which works only where the configuration lists the pair.")
        }
        return resource
    }

    private mutating func readAuthServerClient(
        _ block: MCPServerSpec.EnterpriseIdP,
        idpClient: ClientCredentials?
    ) -> AuthConfiguration.AuthServerClient? {
        let client = block.mcpAuthServerClient
        let field = Self.enterpriseIdP.field("mcpAuthServerClient")
        if let reference = client?.clientCredentialsSecretRef {
            let dedicated = readClient(
                reference,
                method: client?.clientAuthMethod,
                assertionAudience: client?.assertionAudience,
                at: field
            )
            if let dedicated, let idpClient, dedicated.reference.key == idpClient.reference.key,
                dedicated.keys.clientID == idpClient.keys.clientID
            {
                findings.note(
                    field.field("clientCredentialsSecretRef"),
                    "names the same Secret and keys as leg 1, so that both servers learn one client's credentials."
                )
            }
            return dedicated.map(AuthConfiguration.AuthServerClient.dedicated)
        }
        let method = readWord(client?.clientAuthMethod, at: field.field("clientAuthMethod"), as: ClientAuthMethod.self)
        let audience = readAssertionAudience(
            client?.assertionAudience,
            at: field.field("assertionAudience"),
            method: client?.clientAuthMethod
        )
        guard let idpClient else { return nil }
        return .fromIdPSecret(
            AuthConfiguration.SharedSecret(
                reference: idpClient.reference,
                method: method,
                assertionAudience: audience,
                mayUseIdPClient: !idpClient.reference.isCrossNamespace
            )
        )
    }

    /// A client whose Secret, method and assertion audience stand side by side under `field`.
    mutating func readClient(
        _ reference: MCPServerSpec.ClientCredentialsSecretReference?,
        method: String?,
        assertionAudience: String?,
        at field: JSONPointer
    ) -> ClientCredentials? {
        let secret = readReference(reference, at: field.field("clientCredentialsSecretRef"))
        let parsedMethod = readWord(method, at: field.field("clientAuthMethod"), as: ClientAuthMethod.self)
        let audience = readAssertionAudience(
            assertionAudience,
            at: field.field("assertionAudience"),
            method: method
        )
        if reference == nil, let method {
            findings.reject(
                field.field("clientAuthMethod"),
                found: method,
                but: "there is no clientCredentialsSecretRef beside it whose client could authenticate so",
                write: "Name the client's Secret, or remove the field."
            )
        }
        guard let reference, let secret else { return nil }
        return ClientCredentials(
            reference: secret,
            keys: reference.keys,
            method: parsedMethod ?? .standard,
            assertionAudience: audience
        )
    }

    private mutating func readLifetime(_ text: String?, at field: JSONPointer) -> Duration? {
        guard let text else { return nil }
        guard let lifetime = TokenLifetime.parse(text), TokenLifetime.range.contains(lifetime) else {
            findings.reject(
                field,
                found: text,
                but: "it is no duration from 1s to 24h",
                write: "Write hours, minutes and seconds, as in 15m or 1h30m."
            )
            return nil
        }
        return lifetime
    }
}
