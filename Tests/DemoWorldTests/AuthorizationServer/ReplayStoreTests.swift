// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import Testing

@testable import DemoWorld

@Suite("Replay store")
struct ReplayStoreTests {
    let now = NumericDate(seconds: 1_000)

    private func code(_ use: () throws(OAuthRefusal) -> Void) -> OAuthRefusal.Code? {
        do throws(OAuthRefusal) { try use() } catch { return error.code }
        return nil
    }

    @Test("V117: the second use is refused")
    func twice() throws {
        var store = ReplayStore()
        try store.use("j", of: "i", until: now.advanced(by: .seconds(60)), at: now)
        #expect(
            code { () throws(OAuthRefusal) in
                try store.use("j", of: "i", until: now.advanced(by: .seconds(60)), at: now.advanced(by: .seconds(59)))
            } == .invalidGrant
        )
    }

    @Test("V120: another issuer may use the same identifier, and no concatenation is taken for another")
    func issuers() throws {
        var store = ReplayStore()
        let end = now.advanced(by: .seconds(60))
        try store.use("bc", of: "a", until: end, at: now)
        try store.use("c", of: "ab", until: end, at: now)
        try store.use("bc", of: "b", until: end, at: now)
        #expect(store.count == 3)
    }

    @Test("V125: it is bounded, and a live entry never makes room")
    func bounded() throws {
        var store = ReplayStore(capacity: 2_000)
        let end = now.advanced(by: .seconds(60))
        for number in 0..<2_000 { try store.use("\(number)", of: "i", until: end, at: now) }
        #expect(
            code { () throws(OAuthRefusal) in try store.use("new", of: "i", until: end, at: now) }
                == .temporarilyUnavailable
        )
        #expect(code { () throws(OAuthRefusal) in try store.use("0", of: "i", until: end, at: now) } == .invalidGrant)
        #expect(store.count == 2_000)
        let later = now.advanced(by: .seconds(60))
        try store.use("new", of: "i", until: later.advanced(by: .seconds(60)), at: later)
        #expect(store.count == 1)
    }
}
