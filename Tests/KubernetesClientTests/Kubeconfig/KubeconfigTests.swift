// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesClient
import Testing

@Suite("Kubeconfig")
struct KubeconfigTests {
    /// A file with one context, with the given lines in its cluster and its user.
    static func text(cluster: String = "", user: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {}
        current-context: main
        contexts:
        - name: main
          context: {cluster: home, user: me, extensions: [{name: x, extension: {}}]}
        clusters:
        - name: home
          cluster:
            server: https://api.example:6443/k8s/
            \(cluster)
        users:
        - name: me
          user:
            unknown: ignored
            \(user)
        """
    }

    static let files = ScriptedFiles([
        "/conf/pki/one.crt": TestCertificates.one, "/conf/pki/one.key": TestCertificates.oneKey,
        "/conf/pki/two.crt": TestCertificates.two, "/conf/token": "t\n", "/conf/empty": "\n",
        "/abs/one.crt": TestCertificates.one,
    ])

    static func configuration(
        cluster: String = "",
        user: String = "",
        context: String? = nil
    ) throws -> ClusterConfiguration {
        try Kubeconfig(parsing: text(cluster: cluster, user: user), file: "/conf/config", files: files.reader)
            .configuration(context: context, environment: [:])
    }

    @Test("T45: Nothing said about trust means the system's authorities and a verified certificate")
    func defaults() throws {
        let configuration = try Self.configuration()
        #expect(configuration.server.text == "https://api.example:6443/k8s/")
        #expect(configuration.trust == .system)
        #expect(configuration.credentials == .none)
        #expect(configuration.identity == nil)
        #expect(configuration.tlsServerName == nil)
        #expect(configuration.origin == "/conf/config, context 'main'")
    }

    @Test("T45: The certificate check is left out only where the file says so")
    func insecure() throws {
        #expect(try Self.configuration(cluster: "insecure-skip-tls-verify: true").trust == .insecure)
        #expect(try Self.configuration(cluster: "insecure-skip-tls-verify: false").trust == .system)
        #expect(try Self.configuration(cluster: "tls-server-name: inner").tlsServerName == "inner")
    }

    @Test("Authorities come from a file beside the kubeconfig, from an absolute path, or from the text itself")
    func authorities() throws {
        let relative = try Self.configuration(cluster: "certificate-authority: pki/one.crt")
        #expect(relative.trust == .authorityFile("/conf/pki/one.crt"))
        let absolute = try Self.configuration(cluster: "certificate-authority: /abs/one.crt")
        #expect(absolute.trust == .authorityFile("/abs/one.crt"))
        let encoded = Base64.encode(Array(TestCertificates.one.utf8))
        let inline = try Self.configuration(cluster: "certificate-authority-data: \(encoded)")
        #expect(inline.trust == .authorities(pem: TestCertificates.one))
    }

    @Test("A token file is preferred to a token, and both to a plugin")
    func tokens() throws {
        #expect(try Self.configuration(user: "token: abc").credentials == .token(Redacted("abc")))
        let both = try Self.configuration(user: "{token: abc, tokenFile: token}".flowMember)
        #expect(both.credentials == .tokenFile("/conf/token"))
        let plugin = try Self.configuration(user: "{token: abc, exec: {command: x}}".flowMember)
        #expect(plugin.credentials == .token(Redacted("abc")))
    }

    @Test("A client certificate is taken with its key")
    func certificates() throws {
        let identity = HTTPClientConfiguration.Identity(
            certificateChain: TestCertificates.one,
            privateKey: TestCertificates.oneKey
        )
        let byFile = "{client-certificate: pki/one.crt, client-key: pki/one.key}".flowMember
        #expect(try Self.configuration(user: byFile).identity == identity)
        let data = Base64.encode(Array(TestCertificates.oneKey.utf8))
        let mixed = "{client-certificate: pki/one.crt, client-key-data: \(data)}".flowMember
        #expect(try Self.configuration(user: mixed).identity == identity)
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var cluster = ""
        var user = ""
        var code = ClusterConfigurationError.Code.invalidValue
        /// Where and what.
        var expected: String
    }

    @Test(
        "What contradicts itself, or needs what this client lacks, is refused with its place",
        arguments: [
            Refusal(
                testDescription: "authorities twice",
                cluster: "{certificate-authority: pki/one.crt, certificate-authority-data: AAAA}".flowMember,
                expected: "'clusters[0].cluster[\"certificate-authority\"]' is given although"
            ),
            Refusal(
                testDescription: "insecure with authorities",
                cluster: "{insecure-skip-tls-verify: true, certificate-authority: pki/one.crt}".flowMember,
                expected: "is true although the cluster has certificate authorities"
            ),
            Refusal(
                testDescription: "insecure as text",
                cluster: #"insecure-skip-tls-verify: "yes""#,
                expected:
                    "/conf/config:12:31: 'clusters[0].cluster[\"insecure-skip-tls-verify\"]' must be true or false"
            ),
            Refusal(
                testDescription: "missing authorities",
                cluster: "certificate-authority: gone.crt",
                code: .unreadableFile,
                expected: "names the file '/conf/gone.crt', but there is no such file"
            ),
            Refusal(
                testDescription: "authorities that are none",
                cluster: "certificate-authority-data: aGVsbG8=",
                expected: "holds no certificate authorities that can be read"
            ),
            Refusal(
                testDescription: "data that is not base64",
                cluster: "certificate-authority-data: '!!!'",
                expected: "must be text in base64"
            ),
            Refusal(
                testDescription: "a proxy",
                cluster: "proxy-url: http://proxy",
                code: .unsupported,
                expected: "asks for a proxy"
            ),
            Refusal(
                testDescription: "a plugin",
                user: "exec: {command: canary}",
                code: .unsupported,
                expected: "/conf/config:17:11: 'users[0].user.exec' asks for a credential plugin"
            ),
            Refusal(
                testDescription: "a provider",
                user: "auth-provider: {name: gcp}",
                code: .unsupported,
                expected: "asks for an authentication provider"
            ),
            Refusal(
                testDescription: "a password",
                user: "{username: me, password: canary}".flowMember,
                code: .unsupported,
                expected: "asks for a password"
            ),
            Refusal(
                testDescription: "impersonation",
                user: "{token: canary, as: admin}".flowMember,
                code: .unsupported,
                expected: "asks for impersonation"
            ),
            Refusal(
                testDescription: "impersonation of groups",
                user: "as-groups: [a]",
                code: .unsupported,
                expected: "asks for impersonation"
            ),
            Refusal(
                testDescription: "a certificate without key",
                user: "client-certificate: pki/one.crt",
                expected: "has a client certificate and no key"
            ),
            Refusal(
                testDescription: "a key without certificate",
                user: "client-key: pki/one.key",
                expected: "has a client key and no certificate"
            ),
            Refusal(
                testDescription: "a key of another certificate",
                user: "{client-certificate: pki/two.crt, client-key: pki/one.key}".flowMember,
                expected: "cannot be used together"
            ),
            Refusal(
                testDescription: "a missing token file",
                user: "tokenFile: gone",
                code: .unreadableFile,
                expected: "names the file '/conf/gone', but there is no such file"
            ),
            Refusal(testDescription: "an empty token file", user: "tokenFile: empty", expected: "which is empty"),
            Refusal(testDescription: "a token that is a number", user: "token: 4711", expected: "must be a string"),
        ]
    )
    func refusals(given: Refusal) throws {
        let error = try #require(throws: ClusterConfigurationError.self) {
            try Self.configuration(cluster: given.cluster, user: given.user)
        }
        #expect(error.code == given.code)
        #expect(error.message.contains(given.expected), "\(error.message)")
        #expect(!error.message.contains("canary") && !error.message.contains("4711"))
    }

    @Test(
        "A file that is none is refused",
        arguments: [
            ("", "holds 0 documents"), ("{}\n---\n{}", "holds 2 documents"), ("a: [", "/k:"),
            ("[]", "must be a mapping"),
            ("kind: Pod", "/k:1:7: 'kind' is not 'Config'"), ("a: 1\na: 2", "/k:2:1: "),
            ("kind: Config", "'[\"current-context\"]' is not set"),
            ("current-context: x", "/k:1:18: '[\"current-context\"]' has no context 'x'"),
            ("current-context: x\ncontexts: {}", "'contexts' must be a list"),
            ("current-context: x\ncontexts: [{name: x}]", "'contexts[0]' has no 'context'"),
            ("current-context: x\ncontexts: [{context: {}}]", "'contexts[0]' has no name"),
            ("current-context: x\ncontexts: [{name: x, context: {}}]", "names no cluster"),
            (
                "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
                "/k:2:41: 'contexts[0].context.cluster' names the cluster 'c', which is not in the file"
            ),
            (
                "current-context: x\ncontexts: [{name: x, context: {cluster: c}}, {name: x, context: {}}]",
                "'contexts[1]' has the name 'x', which an entry before it has too"
            ),
            (
                "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {}}]",
                "'clusters[0].cluster' has no 'server'"
            ),
            (
                "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'api:80'}}]",
                "is no URL to use"
            ),
            (
                "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h'}}]",
                "names the user 'u', which is not in the file"
            ),
        ]
    )
    func malformed(text: String, expected: String) throws {
        let error = try #require(throws: ClusterConfigurationError.self) {
            try Kubeconfig(parsing: text, file: "/k").configuration(context: nil, environment: [:])
        }
        #expect(error.message.contains(expected), "\(error.message)")
    }

    @Test("JSON is a kubeconfig too, and the context may be chosen")
    func json() throws {
        let text = #"""
            {"clusters":[{"name":"c","cluster":{"server":"https://h"}}],"users":[],"current-context":"",
             "contexts":[{"name":"a","context":{"cluster":"gone"}},{"name":"b","context":{"cluster":"c"}}]}
            """#
        let file = try Kubeconfig(parsing: text, file: "k")
        #expect(try file.configuration(context: "b", environment: [:]).server.host == "h")
        #expect(throws: ClusterConfigurationError.self) { try file.configuration(context: "z", environment: [:]) }
    }
}

extension String {
    /// The members of a flow mapping as block members, at the place where ``KubeconfigTests/text(cluster:user:)`` puts
    /// them.
    fileprivate var flowMember: String {
        dropFirst().dropLast().split(separator: ", ").joined(separator: "\n    ")
    }
}
