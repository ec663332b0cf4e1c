# `make help` prints what each target does. The work itself is in tasks/.
STACK ?= local
TASK = node --import tsx tasks/cli.ts

.DEFAULT_GOAL := help
.PHONY: help up check verify preview drift adopt down kubectl ssh backup restore tenant tenant-down workers workers-down test test-unit test-faults lint bench graph cost touched comment drift-issue
.SILENT:

# NODE is another name for MACHINE.
export ARGS BASE CMD FROM MACHINE NODE ONLY PERSON PLANS RUNS TO YES

help: ## show this list
	@echo "usage: make TARGET [STACK=local]"
	@sed -n -e 's/^##@ \(.*\)/\n\1/p' -e 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 15

##@ Stacks
up: node_modules ## bring STACK up and verify it; a local stack needs nothing but this machine (YES=1: do not ask)
	$(TASK) up $(STACK)

check: node_modules ## ask Google what the project of STACK lacks for the first up: API, permissions, policies, quotas
	$(TASK) check $(STACK)

verify: node_modules ## check the running STACK
	$(TASK) verify $(STACK)

preview: node_modules ## show what up would do; for a STACK that does not exist yet, without credentials
	$(TASK) preview $(STACK)

drift: node_modules ## compare the cloud of STACK with its settings and state
	$(TASK) drift $(STACK)

adopt: node_modules ## take over what an interrupted run on STACK has made; make up and make down do this themselves
	$(TASK) adopt $(STACK)

down: node_modules ## destroy STACK; after the last local stack, stop the local cloud
	$(TASK) down $(STACK)

##@ On a running STACK
kubectl: node_modules ## run kubectl: make kubectl ARGS="get namespaces" [PERSON=alice, of the tenant]
	$(TASK) kubectl $(STACK)

ssh: node_modules ## open a shell on a machine: make ssh MACHINE=controller-0 [CMD="uptime"]
	$(TASK) ssh $(STACK)

backup: node_modules ## take a backup of etcd and copy it here: make backup TO=backups
	$(TASK) backup $(STACK)

restore: node_modules ## bring etcd back from a backup: make restore FROM=backups/FILE (YES=1: do not ask)
	$(TASK) restore $(STACK)

tenant: node_modules ## create a team's namespace with the program examples/tenant
	$(TASK) tenant $(STACK)

tenant-down: node_modules ## destroy the team's namespace
	$(TASK) tenant-down $(STACK)

workers: node_modules ## bring workers up, machines that run Pods, by the program workers/
	$(TASK) workers $(STACK)

workers-down: node_modules ## destroy the workers
	$(TASK) workers-down $(STACK)

##@ Tests
test: node_modules/jest ## run all tests, on the local cloud too
	node --import tsx tests/run.ts

test-unit: node_modules/jest ## run the unit tests, lint and the compiler; needs no root and no Go
	node --import tsx tests/run.ts unit

test-faults: node_modules/jest ## interrupt runs at many more moments than make test does; takes about half an hour
	FAULTS=all npx --no-install jest --selectProjects e2e --runInBand --testPathPatterns 8-interrupted

lint: node_modules/jest ## run ESLint, Prettier, the compiler, and the check of the workflows
	npx --no-install eslint .
	npx --no-install prettier --check --log-level warn .
	npx --no-install tsc --noEmit
	node --import tsx tasks/ci/lint.ts

bench: node_modules ## measure times and memory: make bench [ONLY=floor,up] [RUNS=3]
	node --import tsx bench/cli.ts $(ARGS)

##@ Documentation
graph: node_modules/jest ## draw docs/graph.svg, the resources of a stack, from the program
	node --import tsx tasks/docs/graph/cli.ts

cost: node_modules ## write what each environment costs into docs/google-cloud.md
	node --import tsx tasks/docs/cost.ts

##@ For the workflows of .github/
touched: node_modules ## print the environments that a change touches: make touched BASE=origin/main
	$(TASK) touched

comment: node_modules ## post the plans in PLANS as the pull request's comment
	$(TASK) comment

drift-issue: node_modules ## post the reports in PLANS as an issue
	$(TASK) drift-issue

# Install scripts are skipped: they download prebuilt binaries, which nothing here needs. The lock lets one of two makes install.
INSTALL = npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
LOCKED = $(if $(shell command -v flock),flock $<) sh -c

# What stacks need, which is half of all packages. Those of the tests stay when they are there.
node_modules: package-lock.json
	$(LOCKED) '[ $@ -nt $< ] || { $(INSTALL) --omit=dev && touch $@; }'

# What the tests and the documentation need, too.
node_modules/jest: package-lock.json
	$(LOCKED) '[ $@ -nt $< ] || { $(INSTALL) && touch node_modules $@; }'
