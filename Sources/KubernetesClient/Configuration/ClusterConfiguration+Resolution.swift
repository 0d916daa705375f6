// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension ClusterConfiguration {
    /// Finds the configuration: the file given, else that of `KUBECONFIG`, else the pod's own, else
    /// `$HOME/.kube/config`.
    ///
    /// `context` is used in place of the file's current one; a pod's own configuration has none and is passed over then.
    package static func resolve(
        kubeconfig: String?,
        context: String?,
        environment: [String: String],
        files: FileReader = .system
    ) throws(ClusterConfigurationError) -> ClusterConfiguration {
        if let path = try explicitPath(kubeconfig, environment) {
            return try Kubeconfig(reading: path, files: files)
                .configuration(context: context, environment: environment)
        }
        if context == nil, InClusterConfiguration.isPresent(in: environment) {
            return try InClusterConfiguration.load(environment: environment, files: files)
        }
        guard let home = environment["HOME"], !home.isEmpty else { throw nothingFound("HOME is not set") }
        let path = "\(home)/.kube/config"
        do throws(FileReadingError) {
            _ = try files.bytes(of: path)
        } catch  where error.isMissing {
            throw nothingFound("there is no file '\(path)'")
        } catch {
            // Loading it says what is wrong.
        }
        return try Kubeconfig(reading: path, files: files).configuration(context: context, environment: environment)
    }

    private static func explicitPath(
        _ flag: String?,
        _ environment: [String: String]
    ) throws(ClusterConfigurationError) -> String? {
        if let flag { return flag }
        var paths: [Substring] = []
        for path in (environment["KUBECONFIG"] ?? "").split(separator: ":") where !paths.contains(path) {
            paths.append(path)
        }
        guard paths.count > 1 else { return paths.first.map(String.init) }
        throw ClusterConfigurationError(
            .unsupported,
            """
            Could not use KUBECONFIG: it names \(paths.count) files, which this client does not merge. Name one file, \
            for example what 'kubectl config view --flatten' prints.
            """
        )
    }

    private static func nothingFound(_ reason: String) -> ClusterConfigurationError {
        ClusterConfigurationError(
            .notInCluster,
            """
            Could not find a cluster configuration: neither --kubeconfig nor KUBECONFIG is given, this is no pod, and \
            \(reason). Name a kubeconfig with --kubeconfig.
            """
        )
    }
}
