// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesClient
import Testing

@Suite("Cluster configuration")
struct ClusterConfigurationTests {
    static let directory = "/var/run/secrets/kubernetes.io/serviceaccount"
    static let pod = ["KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"]

    static func podFiles() -> ScriptedFiles {
        ScriptedFiles([
            "\(directory)/token": "t", "\(directory)/ca.crt": TestCertificates.one,
            "\(directory)/namespace": "system\n",
        ])
    }

    @Test(
        "T49: The server of a pod is its service, with brackets around an IPv6 address",
        arguments: [
            ("10.0.0.1", "443", "https://10.0.0.1"), ("fd00::1", "6443", "https://[fd00::1]:6443"),
            ("[fd00::1]", "443", "https://[fd00::1]"),
        ]
    )
    func inCluster(host: String, port: String, origin: String) throws {
        let configuration = try InClusterConfiguration.load(
            environment: ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port],
            files: Self.podFiles().reader
        )
        #expect(configuration.server.origin == origin)
        #expect(configuration.credentials == .tokenFile("\(Self.directory)/token"))
        #expect(configuration.trust == .authorityFile("\(Self.directory)/ca.crt"))
        #expect(configuration.namespace == "system")
    }

    @Test(
        "T49: Outside a pod there is no such configuration",
        arguments: [
            [:], ["KUBERNETES_SERVICE_HOST": "a"], ["KUBERNETES_SERVICE_HOST": "a", "KUBERNETES_SERVICE_PORT": ""],
        ]
    )
    func outsideCluster(environment: [String: String]) throws {
        let error = try #require(throws: ClusterConfigurationError.self) {
            try InClusterConfiguration.load(environment: environment, files: Self.podFiles().reader)
        }
        #expect(error.code == .notInCluster)
    }

    @Test("A pod without authorities or token is refused", arguments: ["ca.crt", "token"])
    func brokenMount(file: String) throws {
        for content in [nil, "\n"] {
            let files = Self.podFiles()
            files["\(Self.directory)/\(file)"] = content
            let error = try #require(throws: ClusterConfigurationError.self) {
                try InClusterConfiguration.load(environment: Self.pod, files: files.reader)
            }
            #expect(error.code == .notInCluster)
            #expect(error.message.contains(file))
        }
    }

    static func kubeconfig(_ host: String) -> String {
        """
        current-context: c
        contexts: [{name: c, context: {cluster: k}}, {name: d, context: {cluster: k, namespace: other}}]
        clusters: [{name: k, cluster: {server: 'https://\(host)'}}]
        """
    }

    @Test("The file given comes first, then KUBECONFIG, then the pod's own, then the home directory's")
    func order() throws {
        let files = Self.podFiles()
        for (path, host) in [("/flag", "flag"), ("/env", "env"), ("/home/me/.kube/config", "home")] {
            files[path] = Self.kubeconfig(host)
        }
        func host(_ flag: String?, _ environment: [String: String], context: String? = nil) throws -> String {
            try ClusterConfiguration.resolve(
                kubeconfig: flag,
                context: context,
                environment: environment,
                files: files.reader
            ).server.host
        }
        let everything = Self.pod.merging(["KUBECONFIG": "/env", "HOME": "/home/me"]) { first, _ in first }
        #expect(try host("/flag", everything) == "flag")
        #expect(try host(nil, everything) == "env")
        #expect(try host(nil, everything.merging(["KUBECONFIG": ""]) { $1 }) == "10.0.0.1")
        #expect(try host(nil, everything.merging(["KUBECONFIG": ""]) { $1 }, context: "d") == "home")
        #expect(try host(nil, ["HOME": "/home/me"]) == "home")
        #expect(try host(nil, ["KUBECONFIG": ":/env:/env"]) == "env")
    }

    @Test("What cannot be found is an error that says where was looked")
    func nothing() throws {
        for environment in [[:], ["HOME": "/nowhere"]] {
            let error = try #require(throws: ClusterConfigurationError.self) {
                try ClusterConfiguration.resolve(
                    kubeconfig: nil,
                    context: nil,
                    environment: environment,
                    files: ScriptedFiles().reader
                )
            }
            #expect(error.code == .notInCluster)
        }
        let missing = try #require(throws: ClusterConfigurationError.self) {
            try ClusterConfiguration.resolve(
                kubeconfig: "/gone",
                context: nil,
                environment: Self.pod,
                files: Self.podFiles().reader
            )
        }
        #expect(missing.code == .unreadableFile)
        #expect(missing.message.contains("'/gone'"))
        let several = try #require(throws: ClusterConfigurationError.self) {
            try ClusterConfiguration.resolve(
                kubeconfig: nil,
                context: nil,
                environment: ["KUBECONFIG": "/a:/b"],
                files: ScriptedFiles().reader
            )
        }
        #expect(several.code == .unsupported)
    }

    @Test("The namespace is the context's, else the pod's by name or by file, else default")
    func namespaces() throws {
        let files = Self.podFiles()
        let file = try Kubeconfig(parsing: Self.kubeconfig("h"), file: "/k", files: files.reader)
        #expect(try file.configuration(context: "d", environment: ["POD_NAMESPACE": "p"]).namespace == "other")
        #expect(try file.configuration(context: "c", environment: ["POD_NAMESPACE": "p"]).namespace == "p")
        #expect(try file.configuration(context: "c", environment: [:]).namespace == "system")
        files["\(Self.directory)/namespace"] = nil
        #expect(try file.configuration(context: "c", environment: [:]).namespace == "default")
    }
}
