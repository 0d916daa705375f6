// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One thing that has to hold before the process is ready.
struct ReadinessCheck: Sendable {
    /// Whether it holds, and what is wrong.
    struct Verdict: Sendable, Hashable {
        var isReady: Bool
        /// Sentences; a ready part may still have some, when it works with what it read last.
        var problems: [String] = []
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
struct ProbeAnswer: Sendable, Hashable {
    var isReady: Bool
    /// A line for each check, and one for each of its problems.
    var text: String

    init(_ checks: [ReadinessCheck]) {
        let verdicts = checks.map { (name: $0.name, verdict: $0.verdict()) }
        isReady = verdicts.allSatisfy(\.verdict.isReady)
        let lines = verdicts.flatMap { check in
            ["\(check.verdict.isReady ? "[+]" : "[-]") \(check.name)"] + check.verdict.problems.map { "    \($0)" }
        }
        text = (lines + [isReady ? "ready" : "not ready"]).map { $0 + "\n" }.joined()
    }
}
