// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import PrometheusMetrics
import ServiceLifecycle
import UnixSignals

/// What every subcommand that runs starts from: the environment, the log, the metrics and the configuration.
struct Launch: Sendable {
    let environment: [String: String]
    let console: Console
    let settings: LogSettings
    let metrics: PrometheusMetricsFactory
    let configuration: Configuration
    /// Whether a file was given; without one the operator trusts no issuer.
    let isConfigured: Bool

    /// - Parameters:
    ///   - configurationPath: The file of `--config`.
    ///   - environment: The process's environment.
    ///   - console: Where logs go, as errors.
    ///   - usualLevel: The level where the environment names none.
    /// - Throws: ``CommandFailure`` with everything that is wrong with the environment or the file.
    init(
        configurationPath: String?,
        environment: [String: String],
        console: Console,
        usualLevel: Logger.Level = .info
    ) throws(CommandFailure) {
        self.environment = environment
        self.console = console
        do throws(LogSettings.UnknownWord) {
            settings = try LogSettings(environment: environment, usualLevel: usualLevel)
        } catch { throw CommandFailure(.unusable, error.description) }
        metrics = PrometheusMetricsFactory(
            catalogue: MetricReference.catalogue,
            process: { ProcessStatistics.current() }
        )
        configuration = try Self.configuration(configurationPath)
        isConfigured = configurationPath != nil
    }

    /// The configuration in a file, or the defaults without one.
    static func configuration(_ path: String?) throws(CommandFailure) -> Configuration {
        guard let path else { return Configuration() }
        do throws(ConfigurationFile.Refusal) { return try ConfigurationFile.read(path) } catch {
            throw CommandFailure(.unusable, error.description)
        }
    }

    func logger(_ label: String) -> Logger {
        Logger(label: label) { label in
            LineLogHandler(label: label, settings: settings, colours: console.errorColours) { [console] line in
                console.printError(line)
            }
        }
    }

    /// Runs services until one fails or the process is told to stop; they stop in the opposite order.
    ///
    /// - Throws: ``CommandFailure``.
    func run(_ services: [any Service]) async throws {
        // The group says in its own words what the services' errors say in ours.
        let quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        var group = ServiceGroupConfiguration(
            services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        group.maximumGracefulShutdownDuration = configuration.drain
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "Could not go on: \(error). The log above says more.")
        }
    }
}
