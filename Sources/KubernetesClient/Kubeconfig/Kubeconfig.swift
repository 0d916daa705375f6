// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import YAML

/// A kubeconfig file ([reference](https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/)).
///
/// One file, not merged with others. Keys this client does not know are ignored, except those that change who we are
/// or how we get there; those are refused.
package struct Kubeconfig: Sendable {
    private let document: MarkedDocument
    private let path: String
    private let files: FileReader

    /// Reads a file.
    package init(reading path: String, files: FileReader = .system) throws(ClusterConfigurationError) {
        let text: String
        do throws(FileReadingError) {
            text = try files.text(of: path)
        } catch {
            throw ClusterConfigurationError(
                .unreadableFile,
                """
                Could not read the kubeconfig '\(path)': \(error.reason). Check the path and the permissions of the \
                file.
                """
            )
        }
        try self.init(parsing: text, file: path, files: files)
    }

    /// Reads the text of a file; `file` is its path, for messages and for relative paths in it.
    package init(
        parsing text: String,
        file: String,
        files: FileReader = .system
    ) throws(ClusterConfigurationError) {
        let documents: [MarkedDocument]
        do throws(YAMLError) {
            documents = try YAMLDocuments.parse(text, file: file)
        } catch {
            throw ClusterConfigurationError(.invalidSyntax, "Could not read the kubeconfig: \(error)")
        }
        guard let document = documents.first, documents.count == 1 else {
            throw ClusterConfigurationError(
                .invalidValue,
                """
                Could not use the kubeconfig '\(file)': it holds \(documents.count) documents. Check that it holds \
                exactly one.
                """
            )
        }
        let root = KubeconfigNode(document)
        if let kind = try root.text("kind"), kind != "Config" {
            throw root.problem("is not 'Config'", in: "kind", advice: "Check that the file is a kubeconfig")
        }
        self.document = document
        path = file
        self.files = files
    }

    /// The configuration that a context stands for, or with `nil` the file's current one.
    ///
    /// The environment may name the namespace where the context names none.
    package func configuration(
        context: String?,
        environment: [String: String]
    ) throws(ClusterConfigurationError) -> ClusterConfiguration {
        let root = KubeconfigNode(document)
        let currentContext = try root.text("current-context")
        guard let name = context ?? currentContext else {
            throw root.problem(
                "is not set",
                in: "current-context",
                advice: "Set it, or name a context with --context"
            )
        }
        guard let settings = try root.entry(named: name, of: "contexts", content: "context") else {
            throw root.problem(
                "has no context '\(name)'",
                in: context == nil ? "current-context" : nil,
                advice: "Name one of the contexts in the file"
            )
        }
        guard let clusterName = try settings.text("cluster") else {
            throw settings.problem("names no cluster", advice: "Set 'cluster'")
        }
        guard let cluster = try root.entry(named: clusterName, of: "clusters", content: "cluster") else {
            throw settings.problem("names the cluster '\(clusterName)', which is not in the file", in: "cluster")
        }
        let resolver = KubeconfigResolver(directory: directory, files: files)
        var configuration = try resolver.server(cluster)
        if let userName = try settings.text("user") {
            guard let user = try root.entry(named: userName, of: "users", content: "user") else {
                throw settings.problem("names the user '\(userName)', which is not in the file", in: "user")
            }
            configuration.credentials = try resolver.credentials(user)
            configuration.identity = try resolver.identity(user)
        }
        let namespace = try settings.text("namespace")
        configuration.namespace =
            namespace ?? InClusterConfiguration.defaultNamespace(environment: environment, files: files)
        configuration.origin = "\(path), context '\(name)'"
        return configuration
    }

    /// The directory that relative paths start from.
    private var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[...slash])
    }
}
