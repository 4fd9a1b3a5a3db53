# `make setup` builds everything the other targets use; they call it themselves. Needs Python 3.11 or later.
PYTHON ?= python3
WORKLOAD ?= data/workloads/linkedin-busiest-cluster-2016.yaml
FORM ?= examples/decisions/lyft-events-2018.yaml
OUT ?= reports
ARGS ?=
SECONDS ?= 60

BIN := .venv/bin
TOOLS := .venv-tools/bin
CODE := streamfacts capacity pricing streamplan
.DEFAULT_GOAL := help
.PHONY: help setup report decision test fuzz lint lab app docs pictures bench focus lock audit sbom licences clean

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
lock: .venv-tools/.installed ## add what is missing to the pins, with hashes; the newest versions of all: make lock ARGS=--upgrade
	@$(call pin,constraints.txt,'make setup',pip 'jsonschema<4.25',pyproject.toml --extra reports --extra dev --universal --fork-strategy fewest)
	@$(call pin,constraints-bench.txt,the peer that 'make bench' compares with,pip service-capacity-modeling)
	@$(call pin,constraints-focus.txt,the public FOCUS validator of 'make focus',$(FOCUS))
	@$(call pin,constraints-tools.txt,'make lock'$(COMMA) 'make audit' and 'make sbom',pip uv pip-audit cyclonedx-bom,--universal --fork-strategy fewest)

audit: .venv-tools/.installed ## ask the package index for known vulnerabilities of all pinned versions (needs a network)
	@"$(TOOLS)/python" -m tools.audit constraints.txt constraints-bench.txt constraints-focus.txt constraints-tools.txt

sbom: .venv/.installed .venv-tools/.installed ## list what is installed, with versions and licences, in build/sbom.json (CycloneDX)
	@mkdir -p build
	@"$(TOOLS)/cyclonedx-py" environment --pyproject pyproject.toml --output-reproducible -o build/sbom.json "$(BIN)/python"
	@echo "build/sbom.json"

licences: .venv/.installed ## write docs/reference/licences.csv anew from what is installed
	@"$(BIN)/python" -m tools.licences

clean: ## remove all environments, caches and build outputs; reports stay
	rm -rf .venv .venv-bench .venv-focus .venv-tools .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
	find $(CODE) tests tools benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml constraints.txt
	@$(call install,.venv,constraints.txt,-e .)

.venv-focus/.installed: constraints-focus.txt
	@$(call install,.venv-focus,constraints-focus.txt)

.venv-bench/.installed: constraints-bench.txt
	@$(call install,.venv-bench,constraints-bench.txt)

.venv-tools/.installed: constraints-tools.txt
	@$(call install,.venv-tools,constraints-tools.txt)

COMMA := ,

# Its newest release needs older packages than we do, and a pip and setuptools that build one of them from its source.
FOCUS := 'pip<24' 'setuptools<66' focus-validator 'multimethod<1.11'

PIP_FLAGS := --no-input --disable-pip-version-check --no-compile

# $(call install,ENVIRONMENT,PINS,OURS): every package in the pinned version and, by its hash, the very file that was pinned; the
# packages of this project are then installed with the pinned build backend, and fetch nothing. pip's output becomes one line of
# progress; it is shown if pip fails. Modules compile when first used.
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
sed -n '/^pip==/,/[^\]$$/p' $(2) >$(1)/pip.txt; \
pip="$(1)/bin/python -m pip"; pinned="--no-deps --require-hashes"; \
{ $$pip install $(PIP_FLAGS) --quiet $$pinned -r $(1)/pip.txt 2>&1 \
    && $$pip install $(PIP_FLAGS) --progress-bar off $$pinned -r $(2) 2>&1 \
    $(if $(3),&& $$pip install $(PIP_FLAGS) --quiet --no-deps --no-build-isolation --no-index $(3) 2>&1) \
    && $$pip check --disable-pip-version-check 2>&1 && echo "pip is done"; } \
| tee $(1)/install.log \
| { n=0; while IFS= read -r line; do case $$line in \
      Collecting*) n=$$((n + 1)); [ -z "$$r" ] || printf "$$r$(1): fetching %d of $$of packages " $$n ;; \
      Installing\ coll*) [ -z "$$r" ] || printf "$$r$(1): unpacking %d packages             " $$n ;; \
    esac; done; [ -z "$$r" ] || echo; }; \
tail -n 1 $(1)/install.log | grep -q '^pip is done$$' \
  || { tail -n 25 $(1)/install.log >&2; echo "The installation failed; all of its output: $(1)/install.log" >&2; exit 1; }; \
touch $(1)/.installed
endef

# $(call pin,FILE,WHAT FOR,REQUIREMENTS,MORE): versions that fit together on the first 3.11, whichever Python runs: some packages
# leave out early ones, such as the 3.11.2 of Debian 12. Hashes are those of all files of a version, for every platform. The
# index is the one that pip is told to use.
define pin
set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT INT TERM; \
index="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$("$(TOOLS)/pip" config get global.index-url 2>/dev/null || true)}}"; \
[ -z "$$PIP_CERT" ] || export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}"; \
cp $(1) "$$folder/pins" 2>/dev/null || true; \
printf '%s\n' $(3) >"$$folder/asked.in"; \
"$(TOOLS)/uv" pip compile --quiet --python "$(TOOLS)/python" --python-version 3.11.0 --generate-hashes --no-header --no-annotate \
  $${index:+--default-index "$$index"} $(ARGS) $(4) "$$folder/asked.in" -o "$$folder/pins" >/dev/null; \
{ printf '%s\n' "# Exact versions for $(2), with the hashes of their files; written by 'make lock', do not edit."; \
  cat "$$folder/pins"; } >"$$folder/whole"; \
cp "$$folder/whole" $(1); \
echo "$(1): $$(grep -c == $(1)) packages"
endef
