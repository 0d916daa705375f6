# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0

FROM swift:6.2-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libssl-dev libyaml-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
# The cache keeps what dependencies were built to, so that a change of our own sources does not build them again.
RUN --mount=type=cache,target=/source/.build \
    swift build -c release --product sallyport --static-swift-stdlib \
    && cp "$(swift build -c release --show-bin-path)/sallyport" /sallyport \
    && strip /sallyport

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4 libssl3 libyaml-0-2 ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /sallyport /usr/local/bin/sallyport
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sallyport"]
CMD ["operator"]
