// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI

/// Every condition and reason, with what to do about it.
enum ConditionReference {
    /// The rows as a Markdown table, conditions in the order they are judged in.
    static var markdown: String {
        let reasons = ConditionReason.allCases
        return MarkdownTable(
            columns: ["Condition", "Status", "Reason", "Meaning", "Remedy"],
            rows: reasons.map { reason in
                [
                    "`\(reason.conditionType.rawValue)`", "`\(reason.status.rawValue)`", "`\(reason.rawValue)`",
                    reason.meaning, reason.remedy,
                ]
            }
        ).text
    }
}
