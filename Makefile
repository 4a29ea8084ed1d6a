# Raftarium: a living Raft cluster in a page.
# `make serve` brings it up; `make test` is all that a change has to pass.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Errors may begin with a name, as in "S3 has crashed", and tests of locks lock for nothing.
CHECKS = inherit,-ST1005,-SA2001

# Everything but the programs and the stage runs on both sides: natively, and as
# WebAssembly under Node.
ON_NODE = GOOS=js GOARCH=wasm $(GO) list ./... | grep -v -e /cmd/ -e /game/stage

# Node hands the environment to the program, which has room for 8 kB.
NODE_EXEC = env -i PATH=$$PATH HOME=$$HOME $$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec

.PHONY: help serve site test bench bench-peers mutants storms lab raftd-campaign lint tools check-format vet test-native test-node test-browser clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## build the page, serve it on localhost:8080, rebuild on change (ARGS="-addr localhost:0")
	@$(GO) run ./cmd/serve $(ARGS)

site: ## build the page into the folder site, for any static host (ARGS="-o folder")
	@$(GO) run ./cmd/site $(ARGS)

test: tools check-format vet test-native test-node test-browser ## everything that must pass
	@echo "All tests passed."

tools: ## what the tests need besides Go; installs it on Debian when root
	@missing= ; for need in gcc:gcc node:nodejs chromium:chromium; do \
	  command -v $${need%%:*} >/dev/null || missing="$$missing $${need##*:}"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing $$(case "$$missing" in *gcc*) echo libc6-dev;; esac) >/dev/null; \
	else \
	  echo "The tests need$$missing. On Debian: sudo apt-get install$$missing" >&2; exit 1; fi

check-format:
	@unformatted=$$(gofmt -l raft wasmnet game cmd assets); \
	if [ -n "$$unformatted" ]; then echo "Not formatted with gofmt:" >&2; echo "$$unformatted" >&2; exit 1; fi

vet:
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./...

test-native: ## all packages natively, with the race detector
	RAFTARIUM_NO_BROWSER=1 $(GO) test -race -timeout 10m ./...

test-node: ## all packages but the stage and the programs, as WebAssembly under Node
	GOOS=js GOARCH=wasm $(GO) test -timeout 10m -exec="$(NODE_EXEC)" $$($(ON_NODE))

test-browser: ## the built page in Chromium, with a real mouse, real fingers and real keys
	$(GO) test -count=1 -timeout 10m ./cmd/site

bench: tools ## speed of the world and of the page, and the page's size
	@$(GO) run ./cmd/bench $(ARGS)

bench-peers: ## the core side by side with other Go libraries (ARGS="-clients 1,64 -rounds 3")
	@cd cmd/peerbench && $(GO) run . $(ARGS)

mutants: ## break every rule of the core, one by one; each must fail its test (ARGS="-run lease")
	@$(GO) run ./cmd/mutants $(ARGS)

storms: ## ten thousand storms, every fault on (ARGS="-nodes 5")
	@$(GO) run ./cmd/raftsim check -seeds 1..10000 -for 20s $(ARGS)

lab: ## the tests of a university lab over 200 seeds, with the race detector and under Node too
	$(GO) test -count=1 ./wasmnet/lab/...
	$(GO) test -count=1 -race -timeout 60m ./wasmnet/lab -seeds 200
	GOOS=js GOARCH=wasm $(GO) test -count=1 -timeout 60m -exec="$(NODE_EXEC)" ./wasmnet/lab -seeds 200

raftd-campaign: ## kill -9 for more than a minute, and nothing acknowledged is lost
	$(GO) test -count=1 -v -run Killing -timeout 10m ./cmd/raftd -rounds 115

lint: ## staticcheck, for both platforms
	@GOBIN=$(CURDIR)/.build/bin $(GO) install $(STATICCHECK)
	.build/bin/staticcheck -checks $(CHECKS) ./...
	GOOS=js GOARCH=wasm .build/bin/staticcheck -checks $(CHECKS) ./...

clean: ## remove what was built
	rm -rf .build site
