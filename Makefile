# What each target does is told by `make help`; the work is in tasks/.
STACK ?= local
TASK = node --import tsx tasks/cli.ts

.DEFAULT_GOAL := help
.PHONY: help up verify preview down kubectl ssh test test-unit lint bench clean
.SILENT:

export ARGS CMD NODE ONLY RUNS YES

help: ## this list
	@echo "make TARGET [STACK=local]"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

up: node_modules ## bring STACK up and verify it; for local, from nothing but this machine (YES=1: without a question)
	$(TASK) up $(STACK)

verify: node_modules ## check the running STACK, as a table
	$(TASK) verify $(STACK)

preview: node_modules ## what up would change; needs no cloud for a STACK that does not exist yet
	$(TASK) preview $(STACK)

down: node_modules ## destroy STACK; for local, stop the local cloud too
	$(TASK) down $(STACK)

kubectl: node_modules ## kubectl for STACK: make kubectl ARGS="get --raw /readyz"
	$(TASK) kubectl $(STACK)

ssh: node_modules ## a shell on a machine: make ssh NODE=controller-0 [CMD="uptime"]
	$(TASK) ssh $(STACK)

test: node_modules ## every test, unit and end to end
	node --import tsx tests/run.ts

test-unit: node_modules ## the unit tests with lint and types: no root, no Go, under a minute
	node --import tsx tests/run.ts unit

lint: node_modules ## ESLint, Prettier and the compiler
	npx --no-install eslint .
	npx --no-install prettier --check --log-level warn .
	npx --no-install tsc --noEmit

bench: node_modules ## times and ratios, as a table: make bench [ONLY=floor,up] [RUNS=3]
	node --import tsx bench/cli.ts $(ARGS)

# Scripts are skipped: they would look for prebuilt binaries, and nothing here needs one. Of two makes at once, one installs.
INSTALL = npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
node_modules: package-lock.json
	$(if $(shell command -v flock),flock $<) sh -c '[ $@ -nt $< ] || { $(INSTALL) && touch $@; }'
