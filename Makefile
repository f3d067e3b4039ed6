# Fourthlog: every target does its own set-up; `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build images fmt lint test test-agents test-kernels fuzz mutations demo bench clean

PROGRAMS := $(shell find pom.xml action-log fingerprint monitoring redaction-engine prompt-minilm policy-evaluator crds operator sensor-daemon trail \
	-path '*/target' -prune -o -type f \( -name pom.xml -o -path '*/src/main/*' \) -print)
DEMO := $(shell find demo/agent demo/model -name node_modules -prune -o -type f -print)
ONLY ?=

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

setup: ## install what is missing: Debian packages, then Kubernetes, Flux and tools for logs from their Go modules (about 15 minutes, once)
	@scripts/setup.sh all

build: dist/.built ## compile everything into dist/, ready to run

images: dist/images/fourthlog.tar dist/images/demo.tar ## write the container images to dist/images, without a container engine

fmt: ## format the code
	@scripts/mvn.sh -q spotless:apply

lint: ## check formats and scripts; the compiler checks the rest (Error Prone, NullAway, all warnings)
	@scripts/lint.sh

test: ## everything: units, properties, a real API server, real eBPF, the whole path on a real node
	@scripts/test.sh

test-agents: ## the sensor on every agent that it is tried on: langchain, openai-agents, MCP, Go, aichat, langchain4j, Claude Code, Codex (installs them, 10 minutes once)
	@scripts/test-agents.sh

test-kernels: ## the sensor on other kernels, those of Debian's releases, in emulated machines (ONLY=trixie for one; three minutes each)
	@scripts/test-kernels.sh $(ONLY)

fuzz: ## look for inputs that break a reader, for long (FOR=10m each, ONLY=NAME for some); what is learnt is kept
	@scripts/fuzz.sh "$(or $(FOR),5m)" $(ONLY)

mutations: ## a million random mutations, cuts, reorders and split views of a log, each of which has to be found (COUNT=…, SEED=…; about 20 minutes)
	@scripts/mvn.sh -q -pl action-log -am test -Dtest=MutationTest -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dfourthlog.mutations=$(or $(COUNT),1000000) -Dfourthlog.mutations.seed=$(or $(SEED),6962) \
	  -Dtest.timeout.mode=disabled -Dsurefire.timeout=0

demo: ## a real one-node Kubernetes, real agents, two denials, and the trail of it (KEEP=1 leaves it up)
	@demo/run.sh

bench: ## measure, beside the peers (ONLY=NAME for one); tables here, figures in bench/results
	@bench/run.sh $(ONLY)

clean: ## remove what the build made (not the Kubernetes in the cache folder)
	@find . -name target -type d -not -path '*/node_modules/*' -prune -exec rm -rf {} +
	@rm -rf dist demo/agent/node_modules

dist/.built: $(PROGRAMS) scripts/build.sh scripts/launcher.sh scripts/java-home.sh
	@scripts/build.sh

dist/images/fourthlog.tar: dist/.built images/build.py
	@images/build.py fourthlog

dist/images/demo.tar: images/build.py images/pause.c $(DEMO)
	@images/build.py demo
