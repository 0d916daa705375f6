// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RouteService

@Suite("Reader identities")
struct ReaderIdentityTests {
    @Test("A reader without a pod may report under any name")
    func withoutPod() {
        #expect(ReaderIdentity(name: "token file").pod == nil)
    }
}
