// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI

/// A Secret that a spec needs, whether or not the rest of the spec is valid.
///
/// `ResolvedRefs` is evaluated for invalid specs too, so this is read from the raw fields.
package struct CredentialReference: Hashable, Sendable {
    /// Which client the Secret holds; the names in `status.credentials`.
    package enum Role: String, Hashable, Sendable, CaseIterable {
        case idp
        case authServer
    }

    /// Which client it is.
    package var role: Role
    /// The reference with its keys and method.
    package var credentials: ClientCredentials
}

extension MCPServer {
    /// The Secrets of all modes that are switched on.
    ///
    /// References that name nothing that could exist are left out: the validator reports them. A method that is no
    /// method counts as the standard one.
    package var credentialReferences: [CredentialReference] {
        guard let auth = spec.auth else { return [] }
        let pointer = JSONPointer([.key("spec"), .key("auth")])
        var references: [CredentialReference] = []
        func add(
            _ role: CredentialReference.Role,
            _ reference: MCPServerSpec.ClientCredentialsSecretReference?,
            _ method: String?,
            _ assertionAudience: String?,
            at path: String...
        ) {
            let field = JSONPointer(pointer.tokens + path.map { .key($0) } + [.key("clientCredentialsSecretRef")])
            guard let reference, let secret = reference.resolved(in: metadata.namespace, at: field) else { return }
            let credentials = ClientCredentials(
                reference: secret,
                keys: reference.keys,
                method: method.flatMap(ClientAuthMethod.init(rawValue:)) ?? .standard,
                assertionAudience: assertionAudience
            )
            references.append(CredentialReference(role: role, credentials: credentials))
        }
        if auth.type == AuthMode.oauth.rawValue, let block = auth.authorizationServer {
            add(.authServer, block.clientCredentialsSecretRef, block.clientAuthMethod, nil, at: "authorizationServer")
        }
        if let block = auth.tokenExchange, block.enabled == true {
            add(.idp, block.clientCredentialsSecretRef, nil, nil, at: "tokenExchange")
        }
        if let block = auth.enterpriseIdP, block.enabled == true {
            add(
                .idp,
                block.clientCredentialsSecretRef,
                block.clientAuthMethod,
                block.assertionAudience,
                at: "enterpriseIdP"
            )
            let client = block.mcpAuthServerClient
            add(
                .authServer,
                client?.clientCredentialsSecretRef,
                client?.clientAuthMethod,
                client?.assertionAudience,
                at: "enterpriseIdP",
                "mcpAuthServerClient"
            )
        }
        return references
    }
}

extension MCPServerSpec.ClientCredentialsSecretReference {
    /// The full name, if name and namespace could be those of a Secret.
    func resolved(in namespace: String, at field: JSONPointer) -> SecretReference? {
        guard let name, FieldSyntax.isDNSSubdomain(name) else { return nil }
        let target = self.namespace ?? namespace
        guard self.namespace == nil || FieldSyntax.isDNSLabel(target) else { return nil }
        return SecretReference(
            key: ObjectKey(namespace: target, name: name),
            isCrossNamespace: target != namespace,
            field: field
        )
    }
}
