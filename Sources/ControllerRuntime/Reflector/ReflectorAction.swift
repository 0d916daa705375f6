// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The one thing a reflector has to do next.
enum ReflectorAction: Hashable, Sendable {
    /// Ask for a page. One without a continue token starts a new list: earlier pages are void.
    case list(ListOptions)
    /// The pages since the last start of a list are complete: make the store equal to them.
    case publish(ResourceVersion)
    case watch(WatchOptions)
    /// Pause, because of an error that whoever asks for readiness should see.
    case sleep(Duration, because: APIError)
    /// Empty the store and end: the server has said often enough that it does not have the kind.
    case giveUp(because: APIError)
    case stop
}

/// How a watch ended.
enum WatchEnd: Hashable, Sendable {
    /// The server, or something between, closed it.
    case closed
    /// It could not be opened, broke, or the server sent an error.
    case failed(APIError)
    /// It was still open long after the server should have ended it.
    case overdue
}
