// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One thing that has to hold before the process is ready.
struct ReadinessCheck: Sendable {
    /// Whether it holds, and if not, why, as a sentence.
    enum Verdict: Sendable, Hashable {
        case ready
        case notReady(String)
    }

    /// A short name, for `/readyz`.
    let name: String
    /// Answers at once: probes have short deadlines.
    let verdict: @Sendable () -> Verdict

    init(_ name: String, _ verdict: @escaping @Sendable () -> Verdict) {
        self.name = name
        self.verdict = verdict
    }
}

/// The answer to `/readyz`.
struct ReadinessReport: Sendable, Hashable {
    var isReady: Bool
    /// A line for each check.
    var text: String

    init(_ checks: [ReadinessCheck]) {
        let verdicts = checks.map { (name: $0.name, verdict: $0.verdict()) }
        isReady = verdicts.allSatisfy { $0.verdict == .ready }
        let lines = verdicts.map { check in
            switch check.verdict {
            case .ready: "[+] \(check.name): ok"
            case .notReady(let reason): "[-] \(check.name): \(reason)"
            }
        }
        text = (lines + [isReady ? "ready" : "not ready"]).map { $0 + "\n" }.joined()
    }
}
