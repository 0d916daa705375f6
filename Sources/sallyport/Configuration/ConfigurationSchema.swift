// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// Every key of the configuration file.
///
/// One file and one schema for all subcommands: each uses its part, and all of it is checked by each.
enum ConfigurationSchema {
    static let keys: [ConfigurationKey] = [
        ConfigurationKey(
            "listen",
            .listenAddress,
            .means("127.0.0.1:8080"),
            "Where MCP clients connect to the gateway."
        ),
        ConfigurationKey(
            "publicURL",
            .url(.httpsOrLoopback),
            .follows("http:// and the address of `listen`"),
            "The gateway's own identity: the audience of its tokens, its metadata and its redirect URIs."
        ),
        ConfigurationKey(
            "tls",
            .record(certificateKeys),
            "The certificate of `listen`; without it clients speak http."
        ),
        ConfigurationKey(
            "health",
            .record([
                ConfigurationKey(
                    "listen",
                    .listenAddress,
                    .follows("`0.0.0.0:8081` for `operator`, `127.0.0.1:8081` for `serve`"),
                    "Where `/healthz`, `/readyz` and `/metrics` are served."
                )
            ]),
            "Health and metrics."
        ),
        ConfigurationKey(
            "identityProviders",
            .list(.record(identityProviderKeys)),
            .means([]),
            "Who may sign users in: the only places their tokens may go."
        ),
        ConfigurationKey(
            "authorizationServers",
            .list(.record(authorizationServerKeys)),
            .means([]),
            "Token endpoints that authorization servers have besides those of their own origin and metadata."
        ),
        ConfigurationKey(
            "resources",
            .list(.record(resourceKeys)),
            .means([]),
            "Resource indicators that servers on other URLs may use."
        ),
        ConfigurationKey("egress", .record(egressKeys), "What URLs in an MCPServer may reach."),
        ConfigurationKey("routes", .record(routesKeys), "Where the gateway gets its routes."),
        ConfigurationKey("publication", .record(publicationKeys), "Where the operator serves routes, and to whom."),
        ConfigurationKey("operator", .record(operatorKeys), "How the operator works."),
        ConfigurationKey(
            "sessions",
            .record([
                ConfigurationKey("store", .sessionStore, .means("memory"), "Where sessions are kept."),
                ConfigurationKey(
                    "keyFiles",
                    .list(.file),
                    .means([]),
                    "Keys that seal sessions in a shared store: the first seals, all open."
                ),
            ]),
            "The gateway's sessions."
        ),
        ConfigurationKey(
            "sessionStart",
            .record([
                ConfigurationKey(
                    "servers",
                    .choice(["all", "recent", "none"]),
                    .means("all"),
                    "For which servers tokens are obtained when a session starts."
                ),
                ConfigurationKey("perUser", .integer(1...1_000), .means(128), "How many of a session's run at once."),
                ConfigurationKey(
                    "deadline",
                    .duration,
                    .means("5s"),
                    "How long each may take."
                ),
            ]),
            "What is prepared when a user signs in."
        ),
        ConfigurationKey(
            "broker",
            .record([
                ConfigurationKey(
                    "perProviderConcurrency",
                    .integer(1...10_000),
                    .means(64),
                    "Requests to one identity provider at once."
                )
            ]),
            "How tokens are obtained."
        ),
        ConfigurationKey(
            "allowedHosts",
            .list(.hostPattern),
            .means([]),
            "`Host` values accepted besides that of `publicURL`."
        ),
        ConfigurationKey("allowedOrigins", .list(.url(.any)), .means([]), "Browser origins that may call the gateway."),
        ConfigurationKey(
            "trustedProxies",
            .list(.addressRange),
            .means([]),
            "Proxies whose `Forwarded` headers are believed."
        ),
        ConfigurationKey("limits", .record(limitsKeys), "What one caller, and all of them, may use."),
        ConfigurationKey(
            "shutdown",
            .record([
                ConfigurationKey("drain", .duration, .means("30s"), "How long open requests may go on after SIGTERM.")
            ]),
            "How the process stops."
        ),
    ]
}

extension ConfigurationSchema {
    static let clientAuthMethods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]

    private static let certificateKeys = [
        ConfigurationKey("certificateFile", .file, "The certificate with its intermediates, as PEM."),
        ConfigurationKey("privateKeyFile", .file, "Its private key, as PEM."),
    ]

    private static let identityProviderKeys = [
        ConfigurationKey("name", .text, .refused, "What an MCPServer names the provider by, in `idp`."),
        ConfigurationKey("issuer", .url(.https), .refused, "The issuer identifier, byte for byte as in its tokens."),
        ConfigurationKey("clientID", .text, .refused, "The client that users sign in with."),
        ConfigurationKey("clientSecretFile", .file, "The client's secret; not together with `privateKeyFile`."),
        ConfigurationKey("privateKeyFile", .file, "The client's private key, as PEM."),
        ConfigurationKey(
            "keyID",
            .text,
            "The `kid` of that key at the provider. Okta and others refuse assertions without it."
        ),
        ConfigurationKey(
            "clientAuthMethod",
            .choice(clientAuthMethods),
            .follows("`private_key_jwt` with a key, `client_secret_basic` with a secret, else `none`"),
            "How the client authenticates."
        ),
        ConfigurationKey(
            "assertionAudience",
            .text,
            .follows("the issuer"),
            "The audience of `private_key_jwt` assertions."
        ),
        ConfigurationKey(
            "bearerAudiences",
            .list(.text),
            .follows("the `clientID`"),
            "ID tokens with one of these audiences are accepted as bearer tokens."
        ),
        ConfigurationKey(
            "tokenEndpoints",
            .list(.url(.https)),
            .means([]),
            "Endpoints trusted with this issuer's tokens besides the discovered one."
        ),
        ConfigurationKey("jwksURI", .url(.https), .follows("discovery"), "Where the issuer's keys are."),
        ConfigurationKey(
            "forwardTo",
            .list(
                .record([
                    ConfigurationKey("audience", .text, .refused, "An audience the token must have."),
                    ConfigurationKey("urls", .list(.url(.any)), .refused, "Servers at or below these URLs."),
                ])
            ),
            .means([]),
            "Where `forwardToken` may send this provider's ID tokens."
        ),
        ConfigurationKey(
            "exchangeTo",
            .list(
                .record([
                    ConfigurationKey("audience", .text, .refused, "An audience the exchanged token is for."),
                    ConfigurationKey("urls", .list(.url(.any)), .refused, "Servers at or below these URLs."),
                ])
            ),
            .means([]),
            """
            Which audiences `tokenExchange` may obtain tokens for with the provider's own client, and for which servers. A \
            server with a client of its own needs no entry.
            """
        ),
    ]

    private static let authorizationServerKeys = [
        ConfigurationKey("issuer", .url(.https), .refused, "The authorization server's issuer identifier."),
        ConfigurationKey("tokenEndpoints", .list(.url(.https)), .refused, "Its token endpoints."),
        ConfigurationKey(
            "jwksURI",
            .url(.https),
            "Where its keys are, if its own metadata cannot be read from here. Used for tokens that it exchanges."
        ),
    ]

    private static let resourceKeys = [
        ConfigurationKey("resource", .url(.any), .refused, "The resource indicator."),
        ConfigurationKey("urls", .list(.url(.any)), .refused, "The exact `spec.url` values that may use it."),
    ]

    private static let egressKeys = [
        ConfigurationKey("allowPrivate", .list(.addressRange), .means([]), "Private networks that may be dialled."),
        ConfigurationKey("allowHTTP", .list(.hostPattern), .means([]), "Hosts that MCP servers may have http URLs on."),
        ConfigurationKey(
            "allowLoopbackHTTP",
            .boolean,
            .means(false),
            "Whether http to a loopback host is allowed everywhere."
        ),
        ConfigurationKey(
            "proxy",
            .url(.proxy),
            """
            The proxy for requests to identity providers, authorization servers and MCP servers; the environment is not \
            read. With it an MCPServer's URLs need a host name with a dot.
            """
        ),
    ]

    private static let routesKeys = [
        ConfigurationKey("url", .url(.httpsOrLoopback), "The operator's route stream."),
        ConfigurationKey(
            "replicas",
            .list(.url(.httpsOrLoopback)),
            .follows("`url` with the host of the Service `sallyport-operator-replicas`"),
            "Where reports go: every replica of the operator."
        ),
        ConfigurationKey("tokenFile", .file, "The token the gateway presents."),
        ConfigurationKey("caFile", .file, "The authorities the operator's certificate is checked against, as PEM."),
    ]

    private static let publicationKeys =
        [
            ConfigurationKey("listen", .listenAddress, .means("0.0.0.0:9443"), "Where the route stream is served.")
        ] + certificateKeys + [
            ConfigurationKey("tokenFile", .file, "The token that readers present in `serve`; made when missing."),
            ConfigurationKey(
                "audience",
                .text,
                .means("sallyport-operator"),
                "The audience that readers' tokens must have."
            ),
            ConfigurationKey(
                "serviceAccounts",
                .list(.objectKey),
                .means(["sallyport-system/sallyport-gateway"]),
                "The service accounts that may read routes."
            ),
        ]

    private static let operatorKeys = [
        ConfigurationKey(
            "workers",
            .integer(1...256),
            .means(4),
            "Reconciles that run at once; statuses are written by workers of their own."
        ),
        ConfigurationKey(
            "requireSecretLabel",
            .boolean,
            .means(false),
            "Whether only Secrets labelled `mcp.giantswarm.io/credentials: \"true\"` may be used."
        ),
        ConfigurationKey(
            "leaderElection",
            .record([
                ConfigurationKey(
                    "enabled",
                    .boolean,
                    .follows("on in a pod or when `namespace` is given, else off"),
                    "Whether replicas agree on one that writes."
                ),
                ConfigurationKey("namespace", .text, .follows("the pod's own"), "The namespace of the Lease."),
                ConfigurationKey("name", .text, .means("sallyport-operator"), "The name of the Lease."),
            ]),
            "Which replica of the operator writes."
        ),
    ]

    private static let limitsKeys = [
        ConfigurationKey("requestBody", .byteCount, .means("4MiB"), "The largest request body."),
        ConfigurationKey("sessionsPerUser", .integer(1...100_000), .means(20), "Sessions of one user at once."),
        ConfigurationKey("streams", .integer(1...1_000_000), .means(8_000), "Open streams at once."),
    ]
}

extension ConfigurationKey {
    init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, .follows("none"), help) }
}
