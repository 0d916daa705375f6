// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import MCPServerAPI

/// Records transitions as Kubernetes events.
struct ClusterEvents: EventRecording {
    static let reportingController = "mcp.giantswarm.io/sallyport"

    let recorder: EventRecorder

    func record(_ transition: TransitionEvent, regarding metadata: ObjectMeta) {
        recorder.record(
            RecordedEvent(
                transition.isWarning ? .warning : .normal,
                reason: transition.reason,
                action: "Reconcile",
                note: transition.message,
                regarding: ObjectReference(
                    apiVersion: MCPServer.resourceType.apiVersion,
                    kind: MCPServer.resourceType.kind,
                    key: metadata.key,
                    uid: metadata.uid,
                    resourceVersion: metadata.resourceVersion
                )
            )
        )
    }
}
