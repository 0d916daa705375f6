// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import GatewayService
import Testing

@Suite("Errors of the gateway's server")
struct GatewayServerErrorTests {
    @Test("An error is its sentence")
    func sentence() {
        #expect("\(GatewayServerError(code: .cannotListen, description: "Could not listen."))" == "Could not listen.")
    }
}
