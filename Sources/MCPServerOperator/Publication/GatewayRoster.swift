// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Which gateways there are, and what each has answered for the newest version of each route.
///
/// A gateway counts from its first full report until it has been silent for ``silence``. Pure: time comes in as the
/// duration since some fixed moment, and what changed goes out.
struct GatewayRoster: Sendable {
    /// How much a roster holds, whatever it is told.
    struct Limits: Hashable, Sendable {
        /// Gateways; more are not counted.
        var gateways = 1_000
        /// Answers about routes and versions that are not in the table, of all gateways together.
        var strays = 100_000
    }

    /// What became of a report.
    enum Reception: String, Hashable, Sendable, CaseIterable {
        case taken
        /// Its gateway is not known, and it does not say everything.
        case unknown
        /// It has been taken in, and so long without an answer that a full one is wanted.
        case doubtful
        /// Its gateway's name is none, or there are too many gateways.
        case refused
    }

    private struct Slot: Sendable {
        var key: RouteKey
        var version: String
        var since: Duration
    }

    /// A gateway is gone after this long without a report; three are missing then.
    static let silence = Duration.seconds(45)
    /// A gateway that has been behind for as long as this is asked to say everything, in case an answer was lost.
    static let doubt = Duration.seconds(10)
    /// How often it is asked at most.
    static let doubtInterval = Duration.seconds(30)

    private let limits: Limits
    private var slots: [RouteKey: Int] = [:]
    /// `nil` where no route is at the moment.
    private var routes: [Slot?] = []
    private var free: [Int] = []
    private var gateways: [String: GatewayRecord] = [:]
    private(set) var strayCount = 0
    /// No gateway has been silent since before this.
    private var silentSince = Duration.zero

    init(limits: Limits = Limits()) { self.limits = limits }

    /// The gateways that count.
    var count: Int { gateways.count }

    // MARK: The table

    /// The route has a version, or another one.
    mutating func publish(_ key: RouteKey, _ version: String, now: Duration) {
        let former = slots[key].flatMap { routes[$0] }
        if former?.version == version { return }
        let slot = slots[key] ?? takeSlot()
        slots[key] = slot
        routes[slot] = Slot(key: key, version: version, since: now)
        strayCount = 0
        for position in gateways.values.indices {
            gateways.values[position].expect(key, version, in: slot, since: former?.since, now: now)
            strayCount += gateways.values[position].strays.count
        }
    }

    /// There is no route of that key any more.
    mutating func withdraw(_ key: RouteKey) {
        guard let slot = slots.removeValue(forKey: key) else { return }
        routes[slot] = nil
        free.append(slot)
        for position in gateways.values.indices { gateways.values[position].forget(slot) }
    }

    /// How far the newest version of a route has come; `nil` without a route.
    func progress(of key: RouteKey, now: Duration) -> RouteProgress? {
        guard let slot = slots[key], let route = routes[slot] else { return nil }
        var progress = RouteProgress(gateways: gateways.count, programmed: 0)
        progress.age = now - route.since
        for (name, gateway) in gateways {
            switch gateway.answer(slot) {
            case .applied: progress.programmed += 1
            case .none:
                let since = gateway.isBehindSince(slot, published: route.since)
                progress.laggards.append(RouteProgress.Laggard(gateway: name, lag: now - since))
            case .rejected:
                let refusal = gateway.refusal(slot)
                progress.rejections.append(
                    RouteProgress.Rejection(
                        gateway: name,
                        reason: refusal?.reason ?? "",
                        message: refusal?.message ?? ""
                    )
                )
            }
        }
        progress.laggards.sort { $0.gateway < $1.gateway }
        progress.rejections.sort { $0.gateway < $1.gateway }
        return progress
    }

    private mutating func takeSlot() -> Int {
        if let slot = free.popLast() { return slot }
        routes.append(nil)
        return routes.count - 1
    }

    // MARK: The gateways

    /// When the next gateway is gone, unless it reports; `nil` without any.
    var nextExpiry: Duration? { gateways.values.map(\.lastReport).min().map { $0 + Self.silence } }

    /// Forgets the gateways that have been silent for too long.
    ///
    /// - Returns: The routes whose progress is another one now.
    mutating func expire(now: Duration) -> [RouteKey] {
        guard now - silentSince >= Self.silence else { return [] }
        let gone = gateways.filter { now - $0.value.lastReport >= Self.silence }
        silentSince = gateways.values.map(\.lastReport).filter { now - $0 < Self.silence }.min() ?? now
        guard !gone.isEmpty else { return [] }
        for (name, gateway) in gone {
            gateways[name] = nil
            strayCount -= gateway.strays.count
        }
        if gateways.isEmpty { return Array(slots.keys) }
        return slots.compactMap { key, slot in gone.values.contains { $0.answer(slot) != .applied } ? key : nil }
    }

    /// Takes in what a gateway says.
    ///
    /// Answers about routes or versions that are not in the table say that the gateway does not hold the newest one;
    /// they are kept in case this replica is the one that is behind.
    ///
    /// - Returns: Also the routes whose progress is another one now.
    mutating func take(_ report: GatewayReport, from name: String, now: Duration) -> (Reception, changed: [RouteKey]) {
        let expired = expire(now: now)
        let known = gateways.removeValue(forKey: name)
        guard known != nil || report.isFull else { return (.unknown, expired) }
        guard known != nil || (gateways.count < limits.gateways && Self.isInstanceName(name)) else {
            return (.refused, expired)
        }
        var gateway = known ?? GatewayRecord(joined: now, slots: routes.count)
        var changed: [RouteKey] = []
        gateway.lastReport = now
        if report.isFull {
            gateway.lastFull = now
            strayCount -= gateway.strays.count
            gateway.dropStrays()
            changed = dropUnnamed(by: report, from: &gateway, now: now)
        }
        record(report.entries, of: &gateway, &changed, now: now)
        if known == nil { changed = arrivals(of: gateway) }
        let isDoubtful = isDoubtful(gateway, report, now: now)
        if isDoubtful { gateway.lastFull = now }
        gateways[name] = gateway
        return (isDoubtful ? .doubtful : .taken, expired + changed)
    }

    /// What a full report does not name, its gateway does not hold.
    private func dropUnnamed(
        by report: GatewayReport,
        from gateway: inout GatewayRecord,
        now: Duration
    ) -> [RouteKey] {
        let named = Set(report.entries.map(\.key))
        return slots.compactMap { key, slot in
            !named.contains(key) && gateway.lose(slot, now: now) ? key : nil
        }
    }

    private mutating func record(
        _ entries: [GatewayReport.Entry],
        of gateway: inout GatewayRecord,
        _ changed: inout [RouteKey],
        now: Duration
    ) {
        for entry in entries {
            let before = gateway.strays.count
            if let slot = slots[entry.key], routes[slot]?.version == entry.version {
                gateway.dropStray(entry.key)
                if gateway.record(entry.outcome, in: slot) { changed.append(entry.key) }
            } else {
                if let slot = slots[entry.key], gateway.lose(slot, now: now) { changed.append(entry.key) }
                // What there is no room for is asked for again, if it is ever missing.
                if gateway.strays[entry.key] != nil || strayCount < limits.strays { gateway.keep(entry) }
            }
            strayCount += gateway.strays.count - before
        }
    }

    /// The routes that a gateway which has just come is news for: another one that uses a route is none.
    private func arrivals(of gateway: GatewayRecord) -> [RouteKey] {
        if gateways.isEmpty { return Array(slots.keys) }
        return slots.compactMap { key, slot in gateway.answer(slot) == .applied ? nil : key }
    }

    /// Whether the gateway has been behind for so long that an answer of it may have been lost.
    private func isDoubtful(_ gateway: GatewayRecord, _ report: GatewayReport, now: Duration) -> Bool {
        guard !report.isFull, now - gateway.lastFull >= Self.doubtInterval else { return false }
        return routes.indices.contains { slot in
            guard let route = routes[slot], gateway.answer(slot) == .none else { return false }
            return now - gateway.isBehindSince(slot, published: route.since) >= Self.doubt
        }
    }

    /// Whether it can be the name of a pod or of a host; what else calls itself a gateway would end up in messages.
    private static func isInstanceName(_ name: String) -> Bool {
        (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
