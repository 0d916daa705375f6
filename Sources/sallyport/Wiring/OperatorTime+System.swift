// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import MCPServerOperator

extension OperatorTime {
    /// The machine's clocks.
    static let system = OperatorTime(
        clock: ContinuousClock(),
        sinceEpoch: { .seconds(Date().timeIntervalSince1970) }
    )
}
