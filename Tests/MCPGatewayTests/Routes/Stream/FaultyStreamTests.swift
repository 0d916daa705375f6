// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Faulty route streams")
struct FaultyStreamTests {
    /// One connection as an operator writes it, and the tables that a reader of it may serve.
    struct Script {
        var lines: [[UInt8]] = []
        var tables: Set<String> = []
        /// Lines before this one belong to the table.
        var tableLines = 0

        init(using random: inout SeededGenerator) {
            var table: [String: Int] = [:]
            for name in ["a", "b", "c", "d", "e"] where Bool.random(using: &random) {
                table[name] = Int.random(in: 1...3, using: &random)
            }
            var revision = Int64.random(in: 0...20, using: &random)
            lines.append(RouteEvent.reset(revision: revision, count: table.count).bytes)
            for (name, version) in table.sorted(by: { $0.key < $1.key }) {
                lines.append(RouteEvent.put(revision: revision, .sample(name, version: "\(version)")).bytes)
                if Int.random(in: 0..<5, using: &random) == 0 { lines.append(RouteEvent.heartbeat.bytes) }
            }
            lines.append(RouteEvent.synced(revision: revision).bytes)
            tableLines = lines.count
            tables.insert(Self.text(table))
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                revision += 1
                let name = ["a", "b", "c", "d", "e"].randomElement(using: &random) ?? "a"
                if table[name] != nil, Bool.random(using: &random) {
                    table[name] = nil
                    lines.append(RouteEvent.delete(revision: revision, .team(name)).bytes)
                } else {
                    let version = Int.random(in: 4...999, using: &random)
                    table[name] = version
                    lines.append(RouteEvent.put(revision: revision, .sample(name, version: "\(version)")).bytes)
                }
                tables.insert(Self.text(table))
            }
        }

        private static func text(_ table: [String: Int]) -> String {
            table.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }

        /// The bytes with one fault somewhere, or with none.
        func bytes(using random: inout SeededGenerator) -> [UInt8] {
            var lines = lines
            let place = Int.random(in: 0..<lines.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let all = Array(lines.joined())
                return Array(all.prefix(Int.random(in: 0...all.count, using: &random)))
            case 1: lines.insert(lines[place], at: place)
            case 2:
                // Among the changes nothing but their order tells one from another.
                let first = Int.random(in: 0..<(tableLines - 1), using: &random)
                lines.swapAt(first, first + 1)
            case 3: lines.insert(Array("{\"type\":\"MOVE\",\"revision\":1}\n".utf8), at: place)
            case 4: lines.insert(Array("<html>\n".utf8), at: place)
            case 5: lines.insert(RouteEvent.reset(revision: 99, count: 99).bytes, at: place)
            case 6: lines.remove(at: Int.random(in: 0..<tableLines, using: &random))
            default: break
            }
            return Array(lines.joined())
        }
    }

    /// Reads a connection as a subscription does, and returns the tables that were served after each event.
    private func read(
        _ bytes: [UInt8],
        into reading: inout StreamReading,
        using random: inout SeededGenerator
    ) -> [String] {
        var served: [String] = []
        var splitter = LineSplitter(maximumLineLength: RouteStream.maximumLineLength)
        reading.begin(at: .zero)
        defer { reading.end() }
        var rest = bytes[...]
        do {
            while !rest.isEmpty {
                let size = Int.random(in: 1...200, using: &random)
                splitter.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                while let line = try splitter.next() {
                    let event = try RouteEvent(json: JSONValue(parsing: line.bytes))
                    _ = try reading.apply(event, at: .zero)
                    served.append(reading.table.snapshot.text)
                }
            }
        } catch {
            // The connection is given up; what is served then is looked at below.
        }
        served.append(reading.table.snapshot.text)
        return served
    }

    @Test("Whatever breaks, the table served is one that an operator had published, or an extension by its changes")
    func property() {
        var synced = 0
        for seed in 0..<60 {
            var random = SeededGenerator(seed: UInt64(seed))
            var reading = StreamReading(StreamWatch.Limits(), maximumRoutes: 100)
            for _ in 0..<5 {
                let script = Script(using: &random)
                let before = reading.table.snapshot.text
                // Either what was served before this connection, or what this one may have led to.
                let allowed = script.tables.union([before])
                let served = read(script.bytes(using: &random), into: &reading, using: &random)
                #expect(Set(served).isSubset(of: allowed), "seed \(seed)")
                if reading.hasSynced { synced += 1 }
            }
        }
        // Enough of the streams got through for the property to mean something.
        #expect(synced > 100)
    }

    @Test("A silent or endless table is given up by its time, and the time left is what to wait for")
    func watch() throws {
        var watch = StreamWatch(StreamWatch.Limits(), at: .seconds(10))
        #expect(watch.verdict(at: .seconds(10)) == .alive(checkAfter: .seconds(45)))
        watch.heard(at: .seconds(30), isComplete: false)
        #expect(watch.verdict(at: .seconds(74)) == .alive(checkAfter: .seconds(1)))
        for second in [60, 90, 120] { watch.heard(at: .seconds(second), isComplete: false) }
        #expect(watch.verdict(at: .seconds(129)) == .alive(checkAfter: .seconds(1)))
        guard case .dead(let endless) = watch.verdict(at: .seconds(130)) else {
            Issue.record("It is not dead")
            return
        }
        #expect(endless.code == .incomplete)
        watch.heard(at: .seconds(130), isComplete: true)
        #expect(watch.verdict(at: .seconds(130)) == .alive(checkAfter: .seconds(45)))
        guard case .dead(let silent) = watch.verdict(at: .seconds(175)) else {
            Issue.record("It is not dead")
            return
        }
        #expect(silent.code == .silent)
    }

    @Test("More routes than fit are refused, announced or not")
    func bounds() throws {
        var reading = StreamReading(StreamWatch.Limits(), maximumRoutes: 2)
        reading.begin(at: .zero)
        _ = try reading.apply(.reset(revision: 1, count: 0), at: .zero)
        _ = try reading.apply(.put(revision: 1, .sample("a")), at: .zero)
        _ = try reading.apply(.put(revision: 1, .sample("b")), at: .zero)
        var overfull = reading
        #expect(throws: RouteStreamError.self) {
            _ = try overfull.apply(.put(revision: 1, .sample("c")), at: .zero)
        }
        reading.begin(at: .zero)
        #expect(throws: RouteStreamError.self) {
            _ = try reading.apply(.reset(revision: 1, count: 3), at: .zero)
        }
    }
}
