// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

@Suite("Correlation ids")
struct CorrelationIDTests {
    @Test("Each has 32 hexadecimal digits, and none comes twice")
    func ids() {
        let ids = (0..<1_000).map { _ in CorrelationID.make() }
        #expect(Set(ids).count == 1_000)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }
}
