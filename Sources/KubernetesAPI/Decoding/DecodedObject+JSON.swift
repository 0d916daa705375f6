// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension DecodedObject where Object: KubernetesResource {
    /// Reads an object, or as much of it as can be read.
    ///
    /// Items of a list carry neither `apiVersion` nor `kind`; the type is known from what was asked for.
    package init(json: JSONValue) {
        do throws(JSONDecodingError) {
            self = .valid(try Object(json: json))
        } catch {
            do throws(JSONDecodingError) {
                self = .invalid(try json.required("metadata"), error)
            } catch let unreadable {
                self = .unreadable(unreadable)
            }
        }
    }

    /// The metadata, whether or not the rest could be read.
    package var metadata: ObjectMeta? {
        switch self {
        case .valid(let object): object.metadata
        case .invalid(let metadata, _): metadata
        case .unreadable: nil
        }
    }
}
