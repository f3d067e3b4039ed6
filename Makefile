# Fourthlog: every target does its own set-up; `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build images fmt lint test demo bench clean

MVN = JAVA_HOME="$$(scripts/java-home.sh)" mvn
MVN_FLAGS ?= -B -ntp
ONLY ?=

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

setup: ## install what is missing: Debian packages, then Kubernetes from its Go modules (about 10 minutes, once)
	@scripts/java-home.sh >/dev/null
	@scripts/setup.sh all

build: ## compile everything into dist/, ready to run
	@scripts/setup.sh packages
	@$(MVN) $(MVN_FLAGS) -q package -DskipTests
	@scripts/dist.sh

images: build ## write the container images to dist/images, without a container engine
	@images/build.py

fmt: ## format the code
	@$(MVN) $(MVN_FLAGS) -q spotless:apply

lint: ## check the format; the compiler checks the rest (Error Prone, NullAway, all warnings)
	@$(MVN) $(MVN_FLAGS) -q spotless:check

test: ## everything: units, properties, a real API server, real eBPF, the whole path on a real node
	@scripts/test.sh

demo: ## a real one-node Kubernetes, real agents, one denial, and the trail of it (KEEP=1 leaves it up)
	@demo/run.sh

bench: build ## measure, beside the peers (ONLY=NAME for one); tables here, figures in bench/results
	@bench/run.sh $(ONLY)

clean: ## remove what the build made
	@$(MVN) $(MVN_FLAGS) -q clean
	@rm -rf dist
