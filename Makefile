# What each target does is told by `make help`; the work is in tasks/.
STACK ?= local
TASK = node --import tsx tasks/cli.ts

.DEFAULT_GOAL := help
.PHONY: help up verify preview drift down tenant tenant-down graph cost touched comment drift-issue kubectl ssh test test-unit lint bench clean
.SILENT:

export ARGS BASE CMD NODE ONLY PERSON PLANS RUNS YES

help: ## this list
	@echo "make TARGET [STACK=local]"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

up: node_modules ## bring STACK up and verify it; for local, from nothing but this machine (YES=1: without a question)
	$(TASK) up $(STACK)

verify: node_modules ## check the running STACK, as a table
	$(TASK) verify $(STACK)

preview: node_modules ## what up would change; needs no cloud for a STACK that does not exist yet
	$(TASK) preview $(STACK)

drift: node_modules ## whether the cloud of STACK is still what its settings and state say
	$(TASK) drift $(STACK)

down: node_modules ## destroy STACK; for local, stop the local cloud too
	$(TASK) down $(STACK)

tenant: node_modules ## a team's namespace on the running STACK, by a program of its own: examples/tenant
	$(TASK) tenant $(STACK)

tenant-down: node_modules ## destroy that; STACK stays
	$(TASK) tenant-down $(STACK)

kubectl: node_modules ## kubectl for STACK: make kubectl ARGS="get --raw /readyz" [PERSON=alice, of its tenant]
	$(TASK) kubectl $(STACK)

ssh: node_modules ## a shell on a machine: make ssh NODE=controller-0 [CMD="uptime"]
	$(TASK) ssh $(STACK)

graph: node_modules ## draw docs/graph.svg, the resources of a stack, from the program itself
	node --import tsx tasks/docs/graph/cli.ts

cost: node_modules ## put what each environment costs a month into README.md, from its settings and tasks/docs/prices.ts
	node --import tsx tasks/docs/cost.ts

touched: node_modules ## the environments that a change touches: make touched BASE=origin/main
	$(TASK) touched

comment: node_modules ## for workflows: the plans in PLANS, as the pull request's comment
	$(TASK) comment

drift-issue: node_modules ## for workflows: the reports in PLANS, as an issue
	$(TASK) drift-issue

test: node_modules ## every test, unit and end to end
	node --import tsx tests/run.ts

test-unit: node_modules ## the unit tests with lint and types: no root, no Go, under a minute
	node --import tsx tests/run.ts unit

lint: node_modules ## ESLint, Prettier, the compiler and the workflows
	npx --no-install eslint .
	npx --no-install prettier --check --log-level warn .
	npx --no-install tsc --noEmit
	node --import tsx tasks/ci/lint.ts

bench: node_modules ## times and ratios, as a table: make bench [ONLY=floor,up] [RUNS=3]
	node --import tsx bench/cli.ts $(ARGS)

# Scripts are skipped: they would look for prebuilt binaries, and nothing here needs one. Of two makes at once, one installs.
INSTALL = npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
node_modules: package-lock.json
	$(if $(shell command -v flock),flock $<) sh -c '[ $@ -nt $< ] || { $(INSTALL) && touch $@; }'
