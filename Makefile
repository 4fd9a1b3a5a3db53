# `make setup` builds everything the other targets use; they call it themselves. Needs Python 3.11 or later.
PYTHON ?= python3
WORKLOAD ?= data/workloads/linkedin-busiest-cluster-2016.yaml
FORM ?= examples/decisions/lyft-events-2018.yaml
OUT ?= reports
ARGS ?=
SECONDS ?= 60

BIN := .venv/bin
CODE := streamfacts capacity pricing streamplan
.DEFAULT_GOAL := help
.PHONY: help setup report decision test fuzz lint lab app docs pictures bench focus lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done

setup: .venv/.installed ## create .venv with the pinned versions; does nothing when it is up to date
	@echo "Ready: 'make report', 'make lab', or $(BIN)/streamplan --help"

report: .venv/.installed ## report on one workload: make report WORKLOAD=mine.yaml OUT=reports
	@"$(BIN)/streamplan" report "$(WORKLOAD)" --out "$(OUT)" $(ARGS)

decision: WORKLOAD = data/workloads/lyft-events-2018.yaml
decision: .venv/.installed ## decide on a published load with a filled-in form: make decision WORKLOAD=mine.yaml FORM=form.yaml
	@"$(BIN)/streamplan" decide "$(WORKLOAD)" --requirements "$(FORM)" --people --out "$(OUT)" $(ARGS)

test: .venv/.installed ## run the tests and the examples in the docstrings; all of them must run enough of the lines
	@mkdir -p build
	@"$(BIN)/python" -m slipcover --source $(subst $() ,$(COMMA),$(CODE)) --json --out build/coverage.json \
	  -m pytest -q -n 2 --dist worksteal $(ARGS)
	@[ -n "$(ARGS)" ] || "$(BIN)/python" -m tools.coverage_floor build/coverage.json

fuzz: .venv/.installed ## give readers and models what nobody wrote: make fuzz SECONDS=60
	@"$(BIN)/python" -m tests.fuzz --seconds $(SECONDS) $(ARGS)

lint: .venv/.installed ## style, formatting, layers and types
	@"$(BIN)/ruff" check
	@"$(BIN)/ruff" format --check
	@"$(BIN)/lint-imports" --no-cache --no-logo 2>&1 || { echo "a room imports upwards: see .importlinter" >&2; exit 1; }
	@"$(BIN)/mypy"

lab: .venv/.installed ## open the notebooks in JupyterLab
	@"$(BIN)/jupyter" lab --LabApp.news_url=None $(ARGS) notebooks/

app: .venv/.installed ## sliders, charts and the bill as a page on this machine, without Jupyter or a network
	@"$(BIN)/streamplan" app $(ARGS)

docs: .venv/.installed ## build the site in build/site, to be opened in a browser; a warning is an error
	@"$(BIN)/python" -m sphinx -q -E -W --keep-going -b html -d build/doctrees docs build/site $(ARGS)
	@echo "Open build/site/index.html"

pictures: .venv/.installed ## take the pictures of the README and the site anew (needs Chromium)
	@"$(BIN)/python" -m tools.pictures $(ARGS)

bench: .venv/.installed .venv-bench/.installed ## measure the figures of the texts, with a peer in an environment of its own
	@"$(BIN)/python" -m benchmarks --peer-python .venv-bench/bin/python $(ARGS)

focus: .venv/.installed .venv-focus/.installed ## check the chargeback's file with the public FOCUS validator, in an environment of its own
	@"$(BIN)/python" -m pytest -q tests/analyses/test_chargeback.py -k validator $(ARGS)

# jsonschema from 4.25 on costs every Jupyter and Altair process about a second at import.
lock: ## write constraints.txt and constraints-bench.txt anew from the newest versions (Python 3.11)
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "make lock needs Python 3.11, the oldest we support: make lock PYTHON=python3.11" >&2; exit 1; }
	@$(call pin,constraints.txt,'make setup','.[reports$(COMMA)dev]' 'jsonschema<4.25')
	@$(call pin,constraints-bench.txt,the peer that 'make bench' compares with,service-capacity-modeling)

clean: ## remove both environments, caches and build outputs; reports stay
	rm -rf .venv .venv-bench .venv-focus .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
	find $(CODE) tests tools benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml constraints.txt
	@$(call install,.venv,constraints.txt,-e '.[reports$(COMMA)dev]')

.venv-focus/.installed: constraints-focus.txt
	@$(call install,.venv-focus,constraints-focus.txt,focus-validator 'multimethod<1.11' 'setuptools<80')

.venv-bench/.installed: constraints-bench.txt
	@$(call install,.venv-bench,constraints-bench.txt,service-capacity-modeling)

COMMA := ,

# The pinned pip resolves with a quarter of the work of the one that venv brings. Modules compile when first used.
PIP_FLAGS := --no-input --disable-pip-version-check --no-compile

# $(call install,ENVIRONMENT,PINS,REQUIREMENTS): pip's output becomes one line of progress; it is shown if pip fails.
define install
set -e; \
"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "$(PYTHON) is missing or older than 3.11; name another one: make setup PYTHON=python3.11" >&2; exit 1; }; \
"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
  || { echo "$(PYTHON) cannot make environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
who='import sys; print(sys.version, sys.base_prefix)'; \
[ "$$($(1)/bin/python -c "import pip; $$who" 2>/dev/null)" = "$$("$(PYTHON)" -c "$$who")" ] \
  || "$(PYTHON)" -m venv --clear $(1); \
echo '*' >$(1)/.gitignore; \
of=$$(grep -c == $(2)); \
if [ -t 1 ]; then r='\r'; else r=''; echo "$(1): installing $$of packages"; fi; \
{ $(1)/bin/python -m pip install $(PIP_FLAGS) --quiet -c $(2) pip 2>&1 \
    && $(1)/bin/python -m pip install $(PIP_FLAGS) --progress-bar off -c $(2) $(3) 2>&1 \
    && echo "pip is done"; } \
| tee $(1)/install.log \
| { n=0; while IFS= read -r line; do case $$line in \
      Collecting*) n=$$((n + 1)); [ -z "$$r" ] || printf "$$r$(1): fetching %d of $$of packages " $$n ;; \
      Installing\ coll*) [ -z "$$r" ] || printf "$$r$(1): unpacking %d packages             " $$n ;; \
    esac; done; [ -z "$$r" ] || echo; }; \
tail -n 1 $(1)/install.log | grep -q '^pip is done$$' \
  || { tail -n 25 $(1)/install.log >&2; echo "The installation failed; all of its output: $(1)/install.log" >&2; exit 1; }; \
touch $(1)/.installed
endef

# $(call pin,FILE,WHAT FOR,REQUIREMENTS): the newest versions that fit together on the first 3.11, whichever 3.11 runs:
# some packages leave out early ones, such as the 3.11.2 of Debian 12. Nothing is installed but a new pip, in a throw-away
# environment.
define pin
set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT INT TERM; \
echo "$(1): resolving"; \
"$(PYTHON)" -m venv "$$folder"; \
"$$folder/bin/python" -m pip install $(PIP_FLAGS) --quiet --upgrade pip; \
"$$folder/bin/python" -m pip install $(PIP_FLAGS) --quiet --dry-run --ignore-installed --report "$$folder/report" \
  --target "$$folder/none" --python-version 3.11.0 --only-binary :all: pip $(3); \
{ echo "# Exact versions for $(2); written by 'make lock', do not edit."; \
  "$$folder/bin/python" -c 'import json, sys; \
found = [item for item in json.load(open(sys.argv[1]))["install"] if "dir_info" not in item["download_info"]]; \
print(*sorted(("{name}=={version}".format(**item["metadata"]) for item in found), key=str.lower), sep="\n")' \
  "$$folder/report"; } >"$$folder/pins"; \
cp "$$folder/pins" $(1)
endef
