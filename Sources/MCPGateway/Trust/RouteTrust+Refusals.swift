// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import RouteTable

extension RouteTrust {
    /// What a tenant wrote, cut so that a message stays readable.
    private static func quoted(_ text: String) -> String { "'\(text.prefix(300))'" }

    static func unsupported(_ type: String) -> TrustRefusal {
        TrustRefusal(.unsupportedType, "This gateway serves no \(quoted(type)). Use 'streamable-http'.")
    }

    static func unknownIssuer(_ issuer: String) -> TrustRefusal {
        TrustRefusal(
            .issuerNotTrusted,
            "\(quoted(issuer)) is not one of this gateway's identity providers. "
                + "Add it to the gateway's identityProviders, or name another one."
        )
    }

    static func nobodyAllows(_ endpoint: String, _ issuer: String?) -> TrustRefusal {
        let whose = issuer.map { "The identity provider \(quoted($0)) does not allow" } ?? "No identity provider allows"
        return TrustRefusal(
            .issuerNotTrusted,
            "\(whose) its tokens to be sent to \(quoted(endpoint)). "
                + "Correct the endpoint, or list it in the provider's tokenEndpoints in the gateway's configuration."
        )
    }

    static func ambiguous(_ endpoint: String, _ issuers: [String]) -> TrustRefusal {
        TrustRefusal(
            .issuerNotTrusted,
            "\(quoted(endpoint)) may receive the tokens of \(issuers.map(quoted).joined(separator: " and ")). "
                + "Name one issuer in the resource."
        )
    }

    static func foreignEndpoint(_ endpoint: String, _ issuer: String) -> TrustRefusal {
        TrustRefusal(
            .issuerNotTrusted,
            "\(quoted(endpoint)) is not a token endpoint of \(quoted(issuer)): it has another origin, and the issuer's "
                + "metadata does not name it. Leave it out, or list it in the gateway's authorizationServers."
        )
    }

    static func noForwarding(_ server: String) -> TrustRefusal {
        TrustRefusal(
            .issuerNotTrusted,
            "No identity provider allows its ID tokens to be forwarded to \(quoted(server)). "
                + "List the URL in a provider's forwardTo in the gateway's configuration."
        )
    }

    static func noExchange(_ audience: String, _ server: String) -> TrustRefusal {
        TrustRefusal(
            .issuerNotTrusted,
            "Tokens for \(quoted(audience)) may not be obtained for \(quoted(server)) by the gateway's own client. "
                + "List the pair in a provider's exchangeTo in the gateway's configuration, or give the server a client of "
                + "its own."
        )
    }

    static func exchangeWithoutAudience(_ server: String) -> TrustRefusal {
        TrustRefusal(
            .issuerNotTrusted,
            "Tokens that the gateway's own client obtains for \(quoted(server)) would be for the gateway itself. "
                + "Name the server's audience in requiredAudiences, or give the server a client of its own."
        )
    }

    static func notAsked(_ issuer: String) -> TrustRefusal {
        TrustRefusal(
            .discoveryFailed,
            "The metadata of \(quoted(issuer)) decides, and is being read. It is decided again within 15 s."
        )
    }

    static func unreadable(_ url: String) -> TrustRefusal {
        TrustRefusal(.insecureURL, "\(quoted(url)) is no URL that can be requested. Correct it.")
    }

    static func plainUpstream(_ url: HTTPURL) -> TrustRefusal {
        TrustRefusal(
            .insecureURL,
            "The server \(quoted(url.withoutQuery)) is not reached over https. "
                + "Use https, or add its host to egress.allowHTTP in the gateway's configuration."
        )
    }

    static func plainEndpoint(_ url: HTTPURL, _ what: String) -> TrustRefusal {
        TrustRefusal(.insecureURL, "\(quoted(url.withoutQuery)), \(what), is not reached over https. Use https.")
    }

    static func mismatch(_ route: Route) -> TrustRefusal {
        TrustRefusal(
            .resourceMismatch,
            "Tokens for \(quoted(route.resource)) may not be sent to \(quoted(route.url)), which does not lie in it. "
                + "Correct the resource, or list the pair under resources in the gateway's configuration."
        )
    }
}
