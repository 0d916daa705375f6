# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Build products live outside the checkout, keyed by what decides whether they fit, so that a second clone is warm.
scratch = $(shell hack/scratch-path)
swift_flags = --explicit-target-dependency-import-check error

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what building and testing need (asks apt only for what is missing)
	@hack/setup

.PHONY: build
build: ## Build the release binary and link it as bin/sallyport
	@hack/setup --build-only
	swift build -c release --product sallyport --scratch-path "$(scratch)" $(swift_flags)
	@mkdir -p bin && ln -sfn "$(scratch)/release/sallyport" bin/sallyport
	@echo "Built bin/sallyport: try 'bin/sallyport --help'."

.PHONY: demo
demo: build-demo ## Run a small enterprise and the gateway, and go through both as two users
	@hack/setup
	@hack/demo

.PHONY: build-demo
build-demo: build
	swift build -c release --product sallyport-demo --scratch-path "$(scratch)" $(swift_flags)
	@ln -sfn "$(scratch)/release/sallyport-demo" bin/sallyport-demo

.PHONY: test
test: ## Run everything that CI runs
	@hack/setup
	@hack/run-tests all

.PHONY: check
check: ## Swift tests, format and a smoke test on a warm build, in a few minutes
	@hack/setup
	@hack/run-tests check

.PHONY: test-slow
test-slow: ## Only the tests that take over ten seconds
	@hack/setup
	@hack/run-tests slow

.PHONY: test-end-to-end
test-end-to-end: ## Only the black-box tests on a real kube-apiserver
	@hack/setup
	@hack/run-tests end-to-end

.PHONY: test-tsan
test-tsan: ## Core tests under the Thread Sanitizer
	@hack/setup
	@hack/run-tests tsan

.PHONY: test-asan
test-asan: ## Core tests under the Address and Leak Sanitizers
	@hack/setup
	@hack/run-tests asan

.PHONY: bench-operator
bench-operator: build ## Measure the operator beside wrk and kopf, and its routes at readers (sizes="--servers 200 …")
	@hack/setup
	@Benchmarks/operator/run $(sizes)

.PHONY: bench-gateway
bench-gateway: build ## Measure the gateway beside nginx, fastmcp and ContextForge, and what it keeps (sizes="--quick …")
	@hack/setup
	@Benchmarks/gateway/run $(sizes)

.PHONY: format
format: ## Format all Swift sources in place
	swift format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: docs
docs: build ## Write the generated sections of docs/reference.md from the code
	@hack/generate-docs --write

.PHONY: clean
clean: ## Remove this checkout's links and virtual environment, and the build products of this version
	rm -rf bin .build "$(scratch)"
