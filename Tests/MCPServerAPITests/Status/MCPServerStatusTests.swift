// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import Testing

@Suite("MCPServerStatus")
struct MCPServerStatusTests {
    private func observation(
        _ accepted: ConditionReason = .accepted,
        _ resolvedRefs: ConditionReason = .resolvedRefs,
        _ programmed: ConditionReason = .published,
        generation: Int64 = 1,
        gateways: MCPServerStatus.Gateways? = nil
    ) -> StatusObservation {
        StatusObservation(
            generation: generation,
            accepted: ConditionState(accepted, "Message of \(accepted.rawValue)."),
            resolvedRefs: ConditionState(resolvedRefs, "Message of \(resolvedRefs.rawValue)."),
            programmed: ConditionState(programmed, "Message of \(programmed.rawValue)."),
            authMode: .enterpriseIdP,
            gateways: gateways
        )
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let accepted: ConditionReason
        let resolvedRefs: ConditionReason
        let programmed: ConditionReason
        let ready: ConditionReason
        let state: ServerState
        let error: ConditionReason?

        var testDescription: String { "\(accepted) \(resolvedRefs) \(programmed)" }

        init(
            _ accepted: ConditionReason,
            _ resolvedRefs: ConditionReason,
            _ programmed: ConditionReason,
            ready: ConditionReason,
            _ state: ServerState,
            error: ConditionReason?
        ) {
            self.accepted = accepted
            self.resolvedRefs = resolvedRefs
            self.programmed = programmed
            self.ready = ready
            self.state = state
            self.error = error
        }
    }

    @Test(
        "Ready, state and lastError follow from the three conditions",
        arguments: [
            Row(.accepted, .resolvedRefs, .published, ready: .ready, .connected, error: nil),
            Row(.invalidSpec, .resolvedRefs, .withheld, ready: .invalidSpec, .failed, error: .invalidSpec),
            Row(
                .issuerNotTrusted,
                .secretNotFound,
                .withheld,
                ready: .issuerNotTrusted,
                .failed,
                error: .issuerNotTrusted
            ),
            Row(.accepted, .secretKeyMissing, .withheld, ready: .secretKeyMissing, .failed, error: .secretKeyMissing),
            Row(.discoveryFailed, .resolvedRefs, .published, ready: .discoveryFailed, .connecting, error: nil),
            Row(.discoveryFailed, .resolvedRefs, .withheld, ready: .discoveryFailed, .connecting, error: .withheld),
            Row(.discoveryFailed, .secretEmpty, .withheld, ready: .discoveryFailed, .failed, error: .secretEmpty),
            Row(.accepted, .secretAccessDenied, .published, ready: .secretAccessDenied, .connecting, error: nil),
            Row(.accepted, .resolvedRefs, .gatewayLagging, ready: .gatewayLagging, .connecting, error: .gatewayLagging),
            Row(.accepted, .resolvedRefs, .gatewayRejected, ready: .gatewayRejected, .failed, error: .gatewayRejected),
            Row(.accepted, .resolvedRefs, .noGateway, ready: .noGateway, .disconnected, error: nil),
            Row(.accepted, .resolvedRefs, .suspended, ready: .suspended, .stopped, error: .suspended),
            Row(.invalidSpec, .resolvedRefs, .suspended, ready: .invalidSpec, .failed, error: .invalidSpec),
            Row(.discoveryFailed, .resolvedRefs, .suspended, ready: .discoveryFailed, .stopped, error: .suspended),
        ]
    )
    func derivation(_ row: Row) {
        let status = MCPServerStatus.derived(
            from: nil,
            observation(row.accepted, row.resolvedRefs, row.programmed),
            now: "2026-01-01T00:00:00Z"
        )
        #expect(status.condition(.ready)?.reason == row.ready.rawValue)
        #expect(status.condition(.ready)?.status == row.ready.status)
        #expect(status.state == row.state.rawValue)
        #expect(status.lastError == row.error.map { "Message of \($0.rawValue)." })
        #expect(status.conditions.map(\.type) == ["Accepted", "ResolvedRefs", "Programmed", "Ready"])
        #expect(status.observedGeneration == 1)
    }

    @Test("a second derivation from the same facts is equal, however late")
    func idempotence() {
        let first = MCPServerStatus.derived(from: nil, observation(), now: "2026-01-01T00:00:00Z")
        #expect(MCPServerStatus.derived(from: first, observation(), now: "2026-02-02T00:00:00Z") == first)
    }

    @Test("the transition time moves with the status and not with reason, message or generation")
    func transitionTime() {
        let first = MCPServerStatus.derived(from: nil, observation(.invalidSpec, .resolvedRefs, .withheld), now: "1")
        let second = MCPServerStatus.derived(
            from: first,
            observation(.unsupportedType, .resolvedRefs, .withheld, generation: 2),
            now: "2"
        )
        #expect(second.condition(.accepted)?.lastTransitionTime == "1")
        #expect(second.condition(.accepted)?.reason == "UnsupportedType")
        #expect(second.condition(.accepted)?.observedGeneration == 2)
        let third = MCPServerStatus.derived(from: second, observation(generation: 2), now: "3")
        #expect(third.condition(.accepted)?.lastTransitionTime == "3")
        #expect(third.condition(.resolvedRefs)?.lastTransitionTime == "1")
    }

    @Test("conditions of other writers stay in their places and are not applied as ours")
    func foreignConditions() {
        let foreign = Condition(
            type: "example.com/Audited",
            status: .true,
            observedGeneration: 0,
            lastTransitionTime: "0",
            reason: "Done",
            message: ""
        )
        var previous = MCPServerStatus()
        previous.conditions = [foreign]
        let status = MCPServerStatus.derived(from: previous, observation(), now: "1")
        #expect(status.conditions.first == foreign)
        #expect(status.conditions.count == 5)
        #expect(status.json["conditions"]?.arrayValue?.count == 5)
        #expect(status.appliedJSON["conditions"]?.arrayValue?.count == 4)
    }

    @Test("the number of gateways is written only together with Programmed")
    func gateways() {
        let first = MCPServerStatus.derived(
            from: nil,
            observation(gateways: .init(programmed: 2, total: 2)),
            now: "1"
        )
        let more = MCPServerStatus.derived(
            from: first,
            observation(gateways: .init(programmed: 3, total: 3)),
            now: "2"
        )
        #expect(more == first)
        let lagging = MCPServerStatus.derived(
            from: more,
            observation(.accepted, .resolvedRefs, .gatewayLagging, gateways: .init(programmed: 2, total: 3)),
            now: "3"
        )
        #expect(lagging.gateways == MCPServerStatus.Gateways(programmed: 2, total: 3))
    }

    @Test("an observation older than what was written is recognised")
    func staleness() {
        let status = MCPServerStatus.derived(from: nil, observation(generation: 5), now: "1")
        #expect(status.isNewer(than: 4))
        #expect(!status.isNewer(than: 5))
    }

    @Test("a message is cut to what the CRD takes")
    func longMessage() {
        let state = ConditionState(.invalidSpec, String(repeating: "ä", count: 5000))
        #expect(state.message.unicodeScalars.count == 4096)
        #expect(state.message.hasSuffix("..."))
    }
}

@Suite("ConditionReason")
struct ConditionReasonTests {
    @Test("every reason has a meaning and a remedy, as sentences", arguments: ConditionReason.allCases)
    func sentences(reason: ConditionReason) {
        #expect(reason.meaning.hasSuffix(".") && reason.meaning.utf8.count > 15)
        #expect(reason.remedy.hasSuffix(".") && reason.remedy.utf8.count > 15)
        #expect((reason.remedy == "Nothing needs to be done.") == (reason.status == .true))
        #expect(reason.rawValue.utf8.allSatisfy { $0 != UInt8(ascii: " ") })
    }

    @Test("the reasons of a condition that is True bear its name, but for Published", arguments: ConditionType.allCases)
    func positive(type: ConditionType) {
        let reasons = ConditionReason.allCases.filter { $0.conditionType == type && $0.status == .true }
        #expect(reasons.map(\.rawValue) == [type == .programmed ? "Published" : type.rawValue])
        #expect(!type.meaning.isEmpty)
    }
}
