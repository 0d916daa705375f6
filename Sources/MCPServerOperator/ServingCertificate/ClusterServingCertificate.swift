// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import JSON
import KubernetesAPI
package import KubernetesClient
package import Logging
import NIOConcurrencyHelpers
import Timing

/// The serving certificate that all replicas share in a Secret, made by whichever comes first and renewed by any.
///
/// Nothing is agreed upon beforehand: a write holds the version that it was computed from, so that of several replicas
/// one wins, and the others read what it wrote.
package final class ClusterServingCertificate: ServingCertificateSource {
    /// The Secret with the keys.
    package static let secretName = "sallyport-operator-tls"
    /// The ConfigMap with what readers are to trust, under `ca.crt`.
    package static let configMapName = "sallyport-operator-ca"
    /// The key in that ConfigMap.
    package static let authoritiesKey = "ca.crt"
    /// How soon a change by another replica is noticed.
    static let period = Duration.seconds(60)
    private static let fieldManager = "sallyport-operator"
    private static let maximumConflicts = 5

    private struct State {
        var serving = ServingCertificateState()
        /// The successor that readers can see, and since when this process knows that.
        var announced: (certificate: String, since: Duration)?
    }

    private let secrets: ResourceClient<Secret>
    private let configMaps: ResourceClient<ConfigMap>
    private let secret: ObjectKey
    private let configMap: ObjectKey
    private let names: ServingNames
    private let maker: CertificateMaker
    private let time: OperatorTime
    private let elapsed: ElapsedTime
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    private let arrival = Latch()

    /// - Parameters:
    ///   - client: Has the rights that deploy/ grants in the operator's own namespace.
    ///   - namespace: Where the Secret and the ConfigMap are, and the Services that the certificate names.
    ///   - schedule: When certificates are renewed.
    ///   - time: Validity is counted by the time of day, waiting by the clock.
    ///   - logger: Gets renewals and repairs, and nothing of a key.
    package init(
        client: ClusterClient,
        namespace: String,
        schedule: CertificateSchedule = CertificateSchedule(),
        time: OperatorTime,
        logger: Logger
    ) {
        secrets = client.resources(in: .namespace(namespace))
        configMaps = client.resources(in: .namespace(namespace))
        secret = ObjectKey(namespace: namespace, name: Self.secretName)
        configMap = ObjectKey(namespace: namespace, name: Self.configMapName)
        names = .ofOperator(in: namespace)
        maker = CertificateMaker(schedule: schedule)
        self.time = time
        elapsed = ElapsedTime(time.clock)
        self.logger = logger
    }

    package var current: ServingCertificate? { state.withLockedValue { $0.serving.current } }

    package func first() async -> ServingCertificate? {
        await arrival.wait()
        return current
    }

    package var readiness: OperatorReadiness {
        let now = now
        return state.withLockedValue { $0.serving.readiness(at: now) }
    }

    /// Looks after the certificate until the task is cancelled, once a minute, and sooner after a failure.
    package func run() async throws {
        var backoff = Backoff(initial: .seconds(1), cap: .seconds(30), jitter: 0.5)
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            let pause: Duration
            do {
                try await refresh()
                backoff.reset()
                pause = Self.period
            } catch is CancellationError {
                return
            } catch {
                logger.warning(
                    "Could not look after the route stream's certificate",
                    metadata: ["secret": "\(secret)", "error": "\(error)"]
                )
                pause = backoff.next(using: &generator)
            }
            do { try await time.clock.sleep(for: pause) } catch { return }
        }
    }

    /// Reads what there is, changes what is due, and presents the result.
    ///
    /// - Throws: `APIError`, which the readiness tells as well; what was presented before stays.
    func refresh() async throws {
        do {
            try await settle()
        } catch let error where !(error is CancellationError) {
            let problem = "Could not look after the route stream's certificate in Secret '\(secret)': \(error)"
            state.withLockedValue { $0.serving.problems = [problem] }
            throw error
        }
    }

    private func settle() async throws {
        var conflicts = 0
        while true {
            let found = try await readOrCreate()
            let (stock, damages) = CertificateStock.read(found.data)
            let problem = await publish(stock)
            let changes = maker.schedule.changes(
                to: stock,
                for: names,
                announced: announcedFor(stock),
                at: now
            )
            guard !changes.isEmpty else { return adopt(stock, problem) }
            let changed = try maker.carryOut(changes, on: stock, for: names, at: now)
            do {
                _ = try await secrets.mergePatch(
                    changed.patch(from: found.metadata.resourceVersion),
                    to: secret,
                    fieldManager: Self.fieldManager
                )
            } catch let error as APIError where error.code == .conflict || error.code == .notFound {
                // Another replica was faster, or the Secret was deleted: whatever is there now counts.
                conflicts += 1
                guard conflicts < Self.maximumConflicts else { throw error }
                continue
            }
            logger.notice(
                "Changed the route stream's certificates",
                metadata: [
                    "secret": "\(secret)", "changes": "\(changes.map(\.rawValue).joined(separator: " "))",
                    "damages": "\(damages.joined(separator: " "))",
                ]
            )
            // Readers are to trust a new authority before they meet what it signed.
            adopt(changed, await publish(changed))
            return
        }
    }

    /// The Secret as it is, made empty if there is none.
    ///
    /// Made by an apply, which the right to this one name allows, and which leaves alone what another replica has
    /// written meanwhile.
    private func readOrCreate() async throws -> Secret {
        do {
            return try await secrets.get(secret)
        } catch let error as APIError where error.code == .notFound {
            return try await secrets.apply(
                .object(Self.object("Secret", secret)),
                to: secret,
                fieldManager: Self.fieldManager,
                force: true
            )
        }
    }

    /// Makes the ConfigMap hold what readers are to trust.
    ///
    /// - Returns: Why it does not, as a sentence.
    private func publish(_ stock: CertificateStock) async -> String? {
        let bundle = stock.bundle
        guard !bundle.isEmpty else { return nil }
        do {
            if try await published() != bundle {
                var object = Self.object("ConfigMap", configMap)
                object["data"] = [Self.authoritiesKey: .string(bundle)]
                _ = try await configMaps.apply(
                    .object(object),
                    to: configMap,
                    fieldManager: Self.fieldManager,
                    force: true
                )
            }
            noteAnnouncement(of: stock.successor)
            return nil
        } catch {
            noteAnnouncement(of: nil)
            return "Could not publish the authorities of the route stream in ConfigMap '\(configMap)': \(error)"
        }
    }

    private func published() async throws -> String? {
        do {
            return try await configMaps.get(configMap).data[Self.authoritiesKey]
        } catch let error as APIError where error.code == .notFound {
            return nil
        }
    }

    private func noteAnnouncement(of successor: CertificateStock.Pair?) {
        let now = elapsed.now
        state.withLockedValue { state in
            guard let successor else {
                state.announced = nil
                return
            }
            if state.announced?.certificate != successor.certificate {
                state.announced = (successor.certificate, now)
            }
        }
    }

    private func announcedFor(_ stock: CertificateStock) -> Duration {
        let now = elapsed.now
        return state.withLockedValue { state in
            guard let announced = state.announced, announced.certificate == stock.successor?.certificate else {
                return .zero
            }
            return now - announced.since
        }
    }

    private func adopt(_ stock: CertificateStock, _ problem: String?) {
        let generation = state.withLockedValue { state -> Int? in
            state.serving.problems = problem.map { [$0] } ?? []
            guard let serving = stock.serving, state.serving.adopt(serving) else { return nil }
            return state.serving.current?.generation
        }
        guard let generation else { return }
        arrival.open()
        logger.info(
            "Presenting a certificate to the route stream's readers",
            metadata: ["secret": "\(secret)", "generation": "\(generation)"]
        )
    }

    private var now: Int64 { time.sinceEpoch().components.seconds }

    private static func object(_ kind: String, _ key: ObjectKey) -> JSONObject {
        [
            "apiVersion": "v1", "kind": .string(kind),
            "metadata": [
                "name": .string(key.name), "namespace": .string(key.namespace),
                "labels": ["app.kubernetes.io/name": "sallyport", "app.kubernetes.io/component": "operator"],
            ],
        ]
    }
}
