// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import JSON
package import KubernetesClient
package import Logging
import NIOConcurrencyHelpers
import OpenSSL
import Timing

/// The serving certificate of two files that somebody else renews.
package final class FileServingCertificate: ServingCertificateSource {
    /// How often the files are read; a change is noticed in a minute at the latest, with a second look after a pair that
    /// was read while it was being replaced.
    static let period = Duration.seconds(20)

    private let certificateFile: String
    private let privateKeyFile: String
    private let files: FileReader
    private let time: OperatorTime
    private let logger: Logger
    private let state = NIOLockedValueBox(ServingCertificateState())
    private let arrival = Latch()

    /// - Parameters:
    ///   - certificateFile: PEM text, the server's own certificate first.
    ///   - privateKeyFile: PEM text of its key, unencrypted.
    ///   - files: How both are read.
    ///   - time: Validity is counted by the time of day, waiting by the clock.
    ///   - logger: Gets changes and problems, and nothing of the key.
    package init(
        certificateFile: String,
        privateKeyFile: String,
        files: FileReader = .system,
        time: OperatorTime,
        logger: Logger
    ) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.files = files
        self.time = time
        self.logger = logger
    }

    package var current: ServingCertificate? { state.withLockedValue { $0.current } }

    package func first() async -> ServingCertificate? {
        await arrival.wait()
        return current
    }

    package var readiness: OperatorReadiness {
        let now = now
        return state.withLockedValue { $0.readiness(at: now) }
    }

    /// Reads the files again and again until the task is cancelled; what was good last stays when they are not.
    package func run() async throws {
        while !Task.isCancelled {
            refresh()
            do { try await time.clock.sleep(for: Self.period) } catch { return }
        }
    }

    /// Reads the files once, for whoever wants to know at the start whether they can be used.
    package func refresh() {
        let outcome = read()
        let news = state.withLockedValue { state -> News in
            switch outcome {
            case .failure(let problem):
                defer { state.problems = [problem.message] }
                return state.problems == [problem.message] ? .none : .problem(problem.message)
            case .success(let pair):
                state.problems = []
                return state.adopt(pair) ? .changed(state.current?.generation ?? 0) : .none
            }
        }
        switch news {
        case .none: return
        case .problem(let problem):
            logger.warning("Could not use the files of a serving certificate", metadata: ["error": "\(problem)"])
        case .changed(let generation):
            arrival.open()
            logger.info(
                "Presenting a certificate",
                metadata: ["file": "\(certificateFile)", "generation": "\(generation)"]
            )
        }
    }

    /// What is worth a line in the log: a problem once, not at every look.
    private enum News {
        case none
        case problem(String)
        case changed(Int)
    }

    private struct Problem: Error {
        let message: String
    }

    private func read() -> Result<CertificateStock.Pair, Problem> {
        let problem: String
        do {
            let chain = try files.text(of: certificateFile)
            let key = try files.text(of: privateKeyFile)
            try KeyPair.verify(certificateChain: chain, privateKey: key)
            let facts = try Certificate(pem: chain)
            guard facts.notAfter <= now else {
                let pair = CertificateStock.Pair(
                    certificate: chain,
                    key: Redacted(key),
                    notBefore: facts.notBefore,
                    notAfter: facts.notAfter
                )
                return .success(pair)
            }
            problem = "the certificate has expired"
        } catch {
            problem = "\(error)"
        }
        let message = """
            Could not use '\(certificateFile)' and '\(privateKeyFile)' as a serving certificate: \(problem). Replace them; \
            they are read again by themselves.
            """
        return .failure(Problem(message: message))
    }

    private var now: Int64 { time.sinceEpoch().components.seconds }
}
