// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Where to look: the whole cluster or one namespace.
package enum NamespaceScope: Hashable, Sendable {
    case cluster
    case namespace(String)
}

/// The parameters of one LIST request.
package struct ListOptions: Hashable, Sendable {
    /// `nil` asks for the most recent state.
    package var resourceVersion: ResourceVersion?
    /// Sends `resourceVersionMatch=NotOlderThan`; only with ``resourceVersion``.
    package var notOlderThan: Bool
    /// The most items in a page; never together with ``resourceVersion``.
    package var limit: Int?
    /// The token of the previous page; drops the resource version.
    package var continueToken: String?
    /// As `kubectl -l` takes it; `nil` selects everything.
    package var labelSelector: String?
    /// As `kubectl --field-selector` takes it; `nil` selects everything.
    package var fieldSelector: String?

    package init(
        resourceVersion: ResourceVersion? = nil,
        notOlderThan: Bool = false,
        limit: Int? = nil,
        continueToken: String? = nil,
        labelSelector: String? = nil,
        fieldSelector: String? = nil
    ) {
        self.resourceVersion = resourceVersion
        self.notOlderThan = notOlderThan
        self.limit = limit
        self.continueToken = continueToken
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }
}

/// The parameters of one WATCH request, besides that bookmarks are always asked for.
package struct WatchOptions: Hashable, Sendable {
    /// Changes after this version are sent; empty only with ``sendsInitialEvents``, for the most recent state.
    package var resourceVersion: ResourceVersion
    /// Asks for everything that is there first, at a version not older than ``resourceVersion``, up to
    /// ``WatchEvent/initialEventsEnd(_:)``.
    package var sendsInitialEvents: Bool
    /// When the server shall end the watch, in whole seconds.
    package var timeout: Duration
    /// How long the stream may be silent before the transport gives it up.
    package var idleDeadline: Duration
    /// As `kubectl -l` takes it; `nil` selects everything.
    package var labelSelector: String?
    /// As `kubectl --field-selector` takes it; `nil` selects everything.
    package var fieldSelector: String?

    package init(
        resourceVersion: ResourceVersion,
        sendsInitialEvents: Bool = false,
        timeout: Duration,
        idleDeadline: Duration,
        labelSelector: String? = nil,
        fieldSelector: String? = nil
    ) {
        self.resourceVersion = resourceVersion
        self.sendsInitialEvents = sendsInitialEvents
        self.timeout = timeout
        self.idleDeadline = idleDeadline
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }
}

/// An object from the server, or the reason why it could not be read.
///
/// One object that no longer decodes must not take the others down with it.
package enum DecodedObject<Object: Sendable>: Sendable {
    case valid(Object)
    /// The metadata could be read, the rest could not.
    case invalid(ObjectMeta, JSONDecodingError)
    /// Not even the metadata could be read.
    case unreadable(JSONDecodingError)
}

/// One page of a list.
package struct ListPage<Object: Sendable>: Sendable {
    /// In the server's order, those that could not be decoded among them.
    package var items: [DecodedObject<Object>]
    /// The version of the list as a whole; empty if the server sent none.
    package var resourceVersion: ResourceVersion
    /// `nil` on the last page.
    package var continueToken: String?

    package init(items: [DecodedObject<Object>], resourceVersion: ResourceVersion, continueToken: String?) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

/// One line of a watch.
package enum WatchEvent<Object: Sendable>: Sendable {
    /// `ADDED` or `MODIFIED`: the server's distinction says nothing a cache can rely on.
    case applied(DecodedObject<Object>)
    /// The object was deleted, or left the selection. Its version is that of the deletion.
    case deleted(DecodedObject<Object>)
    case bookmark(ResourceVersion)
    /// The bookmark after the last of the events that a watch was asked to begin with.
    case initialEventsEnd(ResourceVersion)
    /// The server ended the watch with an error.
    case error(APIError)
    /// A line with a type or content this client does not know; logged and skipped.
    case unknown(String)
}
