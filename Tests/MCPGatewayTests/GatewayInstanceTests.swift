// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MCPGateway

@Suite("Gateway instances")
struct GatewayInstanceTests {
    @Test("A name is one segment of a path", arguments: ["sallyport-gateway-7d9f-x2", "gateway_1", "a.b"])
    func valid(name: String) {
        #expect(GatewayInstance(name)?.description == name)
    }

    @Test("What could leave its segment is no name", arguments: ["", ".", "..", "a/b", "a%2fb", "a b", "é"])
    func invalid(name: String) {
        #expect(GatewayInstance(name) == nil)
    }
}
