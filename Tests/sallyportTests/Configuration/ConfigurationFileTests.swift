// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import MCPServerOperator
import Testing

@testable import sallyport

@Suite("Configuration file")
struct ConfigurationFileTests {
    /// The problems of a text, without the file's name.
    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationFile.Refusal) {
            _ = try ConfigurationFile.parse(text, file: "c.yaml")
            return []
        } catch { return error.lines.map { String($0.trimmingPrefix("c.yaml:")) } }
    }

    @Test("Everything a file can say is read, and passed on by part")
    func readsEverything() throws {
        let configuration = try ConfigurationFile.parse(
            """
            listen: "[::1]:9000"
            publicURL: https://gate.example
            tls: {certificateFile: /c.pem, privateKeyFile: /k.pem}
            health: {listen: 127.0.0.1:9001}
            identityProviders:
              - name: corp
                issuer: https://idp.example
                clientID: sallyport
                clientSecretFile: /etc/secret
                tokenEndpoints: [https://idp.example/token]
                forwardTo: [{audience: backend, urls: ["http://tools.corp/"]}]
                exchangeTo: [{audience: tools, urls: ["https://tools.corp/"]}]
            authorizationServers: [{issuer: https://as.example, tokenEndpoints: [https://other.example/token]}]
            resources: [{resource: https://mcp.example, urls: [https://edge.example/mcp]}]
            egress:
              allowPrivate: [10.0.0.0/8, "fd00::/8"]
              allowHTTP: ["*.svc.cluster.local"]
              allowLoopbackHTTP: true
              proxy: http://proxy.corp:3128
            operator: {workers: 7, requireSecretLabel: true, leaderElection: {enabled: true, namespace: here}}
            sessions: {store: "valkey://cache:6379", keyFiles: [/etc/key]}
            sessionStart: {servers: recent, perUser: 3, deadline: 1m30s}
            limits: {requestBody: 512KiB}
            trustedProxies: [192.168.0.0/16]
            """,
            file: "c.yaml"
        )
        #expect(configuration.listen == ListenAddress(host: "::1", port: 9_000))
        #expect(configuration.healthListen == ListenAddress(host: "127.0.0.1", port: 9_001))
        let provider = try #require(configuration.trust.identityProviders.first)
        #expect(provider.issuer == "https://idp.example")
        #expect(provider.bearerAudiences == ["sallyport"])
        #expect(provider.forwardTo == [.init(audience: "backend", urls: ["http://tools.corp/"])])
        #expect(provider.exchangeTo == [.init(audience: "tools", urls: ["https://tools.corp/"])])
        #expect(configuration.trust.authorizationServers.first?.tokenEndpoints == ["https://other.example/token"])
        #expect(configuration.trust.resources.first?.urls == ["https://edge.example/mcp"])
        #expect(configuration.trust.egress.allowPrivate.map(\.prefixLength) == [8, 8])
        #expect(configuration.trust.egress.allowLoopbackHTTP)
        #expect(configuration.trust.egress.proxy == (try HTTPProxy("http://proxy.corp:3128")))
        #expect(!configuration.trust.trustsEverything)
        #expect(configuration.operation == OperatorConfiguration(workers: 7, requireSecretLabel: true))
        #expect(configuration.gateway.providers.first?.clientSecretFile == "/etc/secret")
    }

    @Test("An empty file configures nothing", arguments: ["", "# only a comment\n", "---\n", "null\n", "{}"])
    func emptyFile(text: String) throws {
        let configuration = try ConfigurationFile.parse(text, file: "c.yaml")
        #expect(configuration.trust == TrustConfiguration())
        #expect(configuration.operation == OperatorConfiguration())
        #expect(configuration.healthListen == nil)
    }

    @Test("Each problem is told with its place and what to write", arguments: Refused.all)
    func refuses(_ refused: Refused) {
        #expect(problems(refused.text) == refused.problems)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var problems: [String]
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ problems: String...) {
            self.name = name
            self.text = text
            self.problems = problems
        }

        static let all = [
            Refused(
                "a misspelt key",
                "egress:\n  allowLoopbackHttp: true\n",
                "2:3: egress.allowLoopbackHttp: is not a known key. Did you mean 'allowLoopbackHTTP'?"
            ),
            Refused(
                "a key of another section",
                "workers: 3\n",
                "1:1: workers: is not a known key. There is a key 'operator.workers'."
            ),
            Refused(
                "a wrong type",
                "operator: {workers: \"4\"}\n",
                "1:21: operator.workers: must be an integer, not a string."
            ),
            Refused(
                "a number where text is meant",
                "identityProviders: [{name: 7, issuer: https://i.example, clientID: c}]\n",
                "1:28: identityProviders[0].name: must be text, not an integer; put it in quotes if it is meant as text."
            ),
            Refused(
                "a number out of range",
                "operator:\n  workers: 0\n",
                "2:12: operator.workers: must be from 1 to 256, not 0."
            ),
            Refused(
                "a list that is none",
                "identityProviders: corp\n",
                "1:20: identityProviders: must be a list, not a string."
            ),
            Refused("text instead of a map", "just text\n", "1:1: must be a map of keys and values, not a string."),
            Refused(
                "a missing key",
                "identityProviders:\n  - name: corp\n    issuer: https://i.example\n",
                "2:5: identityProviders[0].clientID: is required: The client that users sign in with."
            ),
            Refused(
                "an issuer without TLS",
                "identityProviders: [{name: a, issuer: http://i.example, clientID: c}]\n",
                "1:39: identityProviders[0].issuer: 'http://i.example/' must use https."
            ),
            Refused(
                "a loopback issuer that is not allowed",
                "identityProviders: [{name: a, issuer: \"http://127.0.0.1:5556\", clientID: c}]\n",
                """
                1:39: identityProviders[0].issuer: 'http://127.0.0.1:5556/' must use https. \
                To try things out, set egress.allowLoopbackHTTP: true.
                """
            ),
            Refused(
                "a URL with a password, which is not repeated",
                "egress: {proxy: \"http://user:hunter2@proxy:3128\"}\n",
                """
                1:17: egress.proxy: must not hold a user name or password: secrets come from files, and none is sent to a \
                proxy.
                """
            ),
            Refused(
                "another URL with a password, which is not repeated",
                "publicURL: \"https://user:hunter2@gate.example/\"\n",
                "1:12: publicURL: must not hold a user name or password: secrets come from files."
            ),
            Refused(
                "a proxy with a path",
                "egress: {proxy: \"http://proxy:3128/hunter2?x\"}\n",
                "1:17: egress.proxy: 'http://proxy:3128' must end with its port: a proxy has no path."
            ),
            Refused(
                "a proxy of another protocol",
                "egress: {proxy: \"socks5://proxy:1080\"}\n",
                """
                1:17: egress.proxy: is no URL: write scheme, host and path, without a user name, spaces or a backslash.
                """
            ),
            Refused(
                "a word that is none of the list",
                "sessionStart: {servers: recnt}\n",
                """
                1:25: sessionStart.servers: 'recnt' must be one of all, recent, none. Did you mean 'recent'?
                """
            ),
            Refused(
                "an address without a port",
                "listen: localhost\n",
                "1:9: listen: 'localhost' is no address; write it like 127.0.0.1:8080 or [::1]:8080."
            ),
            Refused(
                "two servers on one port",
                "listen: 0.0.0.0:8081\nhealth: {listen: 127.0.0.1:8081}\n",
                "2:18: health.listen: '127.0.0.1:8081' is also where listen listens; use another port."
            ),
            Refused(
                "two providers of one name",
                """
                identityProviders:
                  - {name: a, issuer: https://i.example, clientID: c}
                  - {name: a, issuer: https://j.example, clientID: c}
                """,
                "3:12: identityProviders[1].name: 'a' is used twice; each entry needs its own."
            ),
            Refused(
                "a method without its file",
                "identityProviders: [{name: a, issuer: https://i.example, clientID: c, clientAuthMethod: private_key_jwt}]",
                "1:89: identityProviders[0].clientAuthMethod: private_key_jwt needs privateKeyFile."
            ),
            Refused(
                "a key's name without the key",
                "identityProviders: [{name: a, issuer: https://i.example, clientID: c, keyID: k}]",
                "1:78: identityProviders[0].keyID: is used only with private_key_jwt."
            ),
            Refused(
                "half of a certificate",
                "tls: {certificateFile: /c.pem}\n",
                "1:24: tls.certificateFile: needs privateKeyFile beside it."
            ),
            Refused(
                "a shared store without a key",
                "sessions:\n  store: valkey://cache:6379\n",
                "2:10: sessions.store: is shared, so sessions.keyFiles must name at least one key."
            ),
            Refused(
                "an empty list where one is needed",
                "resources: [{resource: https://mcp.example, urls: []}]\n",
                "1:51: resources[0].urls: must not be empty."
            ),
            Refused(
                "a duration without a unit",
                "shutdown: {drain: \"30\"}\n",
                "1:19: shutdown.drain: '30' is no duration; write it like 30s, 5m or 1h30m."
            ),
            Refused(
                "a host pattern with a scheme",
                "egress: {allowHTTP: [\"http://x\"]}\n",
                "1:22: egress.allowHTTP[0]: 'http://x' is no host pattern; write a host name, or *. and a suffix."
            ),
            Refused(
                "half of the route stream's certificate",
                "publication: {privateKeyFile: /c.key}\n",
                "1:31: publication.privateKeyFile: needs certificateFile beside it."
            ),
            Refused(
                "a token over http beyond this machine",
                "publication: {listen: \"10.0.0.1:9443\", tokenFile: /t}\n",
                """
                1:23: publication.listen: '10.0.0.1:9443' can be reached from other machines, where the token of \
                tokenFile would travel over http. Listen on a loopback address such as 127.0.0.1:9443, or give \
                certificateFile and privateKeyFile.
                """
            ),
            Refused(
                "a token over http on the default address",
                "publication: {tokenFile: /t}\n",
                """
                1:26: publication.tokenFile: '0.0.0.0:9443' can be reached from other machines, where the token of \
                tokenFile would travel over http. Listen on a loopback address such as 127.0.0.1:9443, or give \
                certificateFile and privateKeyFile.
                """
            ),
            Refused(
                "an empty list of readers",
                "publication: {serviceAccounts: []}\n",
                "1:32: publication.serviceAccounts: must not be empty, because nobody could read routes."
            ),
            Refused(
                "a service account without a namespace",
                "publication: {serviceAccounts: [gateway]}\n",
                "1:33: publication.serviceAccounts[0]: 'gateway' must be namespace/name."
            ),
        ]
    }

    @Test("All problems are told at once, in the order of the file")
    func reportsAllProblems() {
        let problems = problems(
            """
            lissten: 127.0.0.1:1
            operator: {workers: many}
            egress: {allowPrivate: [10.0.0.0]}
            identityProviders:
              - {name: a, issuer: https://i.example, clientID: c}
              - {name: a, issuer: nothing, clientID: c}
            """
        )
        #expect(problems.map { $0.prefix { $0 != " " } } == ["1:1:", "2:21:", "3:25:", "6:12:", "6:23:"])
    }

    @Test("A file that is no YAML, or several documents, is told with its place")
    func refusesOtherFiles() {
        #expect(problems("a: [1\n").first?.hasPrefix("2:1: ") == true)
        #expect(problems("listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2\n").first?.contains("2 documents") == true)
    }

    @Test("Publication is decoded, and is absent when the file does not speak of it")
    func decodesPublication() throws {
        func publication(_ text: String) throws -> PublicationConfiguration? {
            try ConfigurationFile.parse(text, file: "c.yaml").publication
        }
        #expect(try publication("listen: 127.0.0.1:1\n") == nil)
        #expect(try publication("publication: {}\n") == PublicationConfiguration())
        #expect(
            try publication(
                """
                publication:
                  listen: "[::1]:9444"
                  certificateFile: /c.pem
                  privateKeyFile: /k.pem
                  tokenFile: /t
                  audience: routes
                  serviceAccounts: [a/b, c/d]
                """
            )
                == PublicationConfiguration(
                    listen: ListenAddress(host: "::1", port: 9_444),
                    certificateFiles: PublicationConfiguration.CertificateFiles(
                        certificate: "/c.pem",
                        privateKey: "/k.pem"
                    ),
                    tokenFile: "/t",
                    audience: "routes",
                    serviceAccounts: [ObjectKey(namespace: "a", name: "b"), ObjectKey(namespace: "c", name: "d")]
                )
        )
    }

    @Test("The defaults that the reference shows are those that are used")
    func defaultsAgree() throws {
        func shown(_ path: String) -> String? { ConfigurationReference.rows.first { $0.path == path }?.absence }
        #expect(shown("operator.workers") == "`\(OperatorConfiguration().workers)`")
        #expect(shown("operator.requireSecretLabel") == "`\(OperatorConfiguration().requireSecretLabel)`")
        #expect(shown("egress.allowLoopbackHTTP") == "`\(TrustConfiguration.Egress().allowLoopbackHTTP)`")
        let publication = PublicationConfiguration()
        #expect(shown("publication.listen") == "`\"\(publication.listen)\"`")
        #expect(shown("publication.audience") == "`\"\(publication.audience)\"`")
        #expect(shown("publication.serviceAccounts") == "`[\"\(publication.serviceAccounts[0])\"]`")
        #expect(shown("listen") == "`\"\(Configuration().listen)\"`")
    }

    @Test("Every default that the schema gives is a value that the schema accepts")
    func defaultsAreValid() {
        func check(_ keys: [ConfigurationKey]) {
            for key in keys {
                if case .means(let value) = key.absence {
                    var checker = ConfigurationChecker(document: .null)
                    checker.check(.object([key.name: value]), against: [key])
                    #expect(checker.problems == [], "\(key.name)")
                }
                switch key.kind {
                case .record(let members), .list(.record(let members)): check(members)
                default: break
                }
            }
        }
        check(ConfigurationSchema.keys)
    }
}
