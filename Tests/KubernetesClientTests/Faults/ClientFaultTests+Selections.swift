// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesAPI
import KubernetesClient
import KubernetesTesting

extension ClientFaultTests {
    static let selections: [ClientFault] = [
        ClientFault("T75: one object is watched under a right to its name alone") { request, _, _ in
            request[parameter: "fieldSelector"] == "metadata.name=x" ? nil : failure(403, "Forbidden")
        } operation: { log, client in
            for selector in ["metadata.name=x", "metadata.name=y", nil] {
                let name = selector ?? "all"
                do {
                    let page = try await client.widgets.list(ListOptions(fieldSelector: selector))
                    var options = WatchOptions(
                        resourceVersion: page.resourceVersion,
                        timeout: .seconds(300),
                        idleDeadline: .seconds(70)
                    )
                    options.fieldSelector = selector
                    let events = try await WatchSequenceTests.transcript(client.widgets.watch(options))
                    log.add("\(name): \(events)")
                } catch let error as APIError {
                    log.add("\(name): \(error.code.rawValue)")
                }
            }
        } violations: { seen in
            let expected = [
                #"metadata.name=x: ["applied x"]"#, "metadata.name=y: forbidden", "all: forbidden",
            ]
            return seen.outcome == expected ? [] : ["the outcome was \(seen.outcome)"]
        },
        ClientFault("T76: of a server that sends whole objects where metadata is asked for, metadata is taken") {
            request,
            _,
            _ in
            guard request.headers["Accept"]?.contains("as=PartialObjectMetadata") == true else { return nil }
            // Whole, and of a size that no widget can have.
            let whole = Widget.text("whole", size: #""none""#)
            guard request.isWatch else {
                return [.response(status: 200, body: ResourceClientTests.list([whole]))]
            }
            return [.head(), .chunk(#"{"type":"ADDED","object":\#(whole)}"# + "\n"), .endOfChunks]
        } operation: { log, client in
            let partial: ResourceClient<PartialObjectMetadata<Widget>> = client.resources(in: .namespace("a"))
            let page = try await partial.list()
            for case .valid(let object) in page.items { log.add("listed \(object.metadata.name)") }
            let options = WatchOptions(
                resourceVersion: page.resourceVersion,
                timeout: .seconds(300),
                idleDeadline: .seconds(70)
            )
            for try await event in try await partial.watch(options) {
                if case .applied(.valid(let object)) = event { log.add("watched \(object.metadata.name)") }
            }
        } violations: { seen in
            seen.outcome == ["listed whole", "watched whole"] ? [] : ["the outcome was \(seen.outcome)"]
        },
    ]
}
