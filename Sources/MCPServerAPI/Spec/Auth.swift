// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension MCPServerSpec {
    /// How the gateway comes by the token that it attaches to upstream requests.
    package struct Auth: SchemaObject {
        /// The names of the fields, in the order of the documentation.
        package enum Field: String, CaseIterable, Sendable {
            case type
            case forwardToken
            case requiredAudiences
            case authorizationServer
            case tokenExchange
            case enterpriseIdP
        }

        /// The fields that hold objects.
        package static var nestedObjects: [Field: any SchemaObject.Type] {
            [
                .authorizationServer: AuthorizationServer.self, .tokenExchange: TokenExchange.self,
                .enterpriseIdP: EnterpriseIdP.self,
            ]
        }

        /// `none` or `oauth`; has no default.
        package var type: String?
        /// Whether the user's own ID token is sent.
        package var forwardToken: Bool?
        /// The audiences that a forwarded or exchanged identity token must have.
        package var requiredAudiences: [String]?
        /// Only with `type: oauth`.
        @Indirect package var authorizationServer: AuthorizationServer?
        /// Counts as absent unless it says `enabled: true`.
        @Indirect package var tokenExchange: TokenExchange?
        /// Counts as absent unless it says `enabled: true`.
        @Indirect package var enterpriseIdP: EnterpriseIdP?

        package init() {}

        package init(json: JSONValue) throws(JSONDecodingError) {
            let read = FieldReader(json, of: Self.self)
            type = try read(.type)
            forwardToken = try read(.forwardToken)
            requiredAudiences = try read(.requiredAudiences)
            authorizationServer = try read(.authorizationServer)
            tokenExchange = try read(.tokenExchange)
            enterpriseIdP = try read(.enterpriseIdP)
        }

        /// The modes that are switched on, which should be exactly one.
        ///
        /// A block with `enabled: false` counts as absent.
        package var enabledModes: [AuthMode] {
            var modes: [AuthMode] = []
            if type == AuthMode.none.rawValue { modes.append(.none) }
            if type == AuthMode.oauth.rawValue { modes.append(.oauth) }
            if forwardToken == true { modes.append(.forwardToken) }
            if tokenExchange?.enabled == true { modes.append(.tokenExchange) }
            if enterpriseIdP?.enabled == true { modes.append(.enterpriseIdP) }
            return modes
        }
    }

    /// The mode, if exactly one is switched on; `auth` being absent is the mode `none`, an empty `auth` is not.
    package var authMode: AuthMode? {
        guard let auth else { return AuthMode.none }
        let modes = auth.enabledModes
        return modes.count == 1 ? modes.first : nil
    }
}
