# The Python binding: its wheel, its tests and its style.

PYTHON     ?= python3
PY_DIR     := bindings/python
PY_TESTS   := tests/python
PY_CONFIG  := $(abspath $(PY_DIR)/pyproject.toml)
PY_VENV    := $(abspath $(BUILD))/venv
PY_BIN     := $(PY_VENV)/bin
PY_WHEEL   := $(BUILD)/python/wheel
# What pip builds the package with, for a test that has no network.
PY_BUILDER := $(BUILD)/python/downloaded
# Tests run in this folder, where no source tree can be imported instead of the wheel.
PY_EMPTY   := $(BUILD)/python/empty
PY_PIP     := $(PY_BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: python-venv python-wheel python-installed test-python lint-python

python-venv: $(PY_VENV)/.complete

$(PY_VENV)/.complete: $(PY_DIR)/requirements-dev.txt
	@echo "Installing the tests' Python tools into build/venv"
	@$(PYTHON) -m venv $(PY_VENV)
	@$(PY_PIP) install -r $<
	@touch $@

$(PY_BUILDER)/.complete: $(PY_DIR)/requirements-dev.txt $(PY_VENV)/.complete
	@grep hatchling $< | $(PY_PIP) download --dest $(@D) -r /dev/stdin
	@touch $@

python-wheel: $(LIB) python-venv
	@echo 'Building the Python package'
	@rm -rf $(PY_WHEEL)
	@VCE_LIBRARY=$(abspath $(LIB)) $(PY_PIP) wheel --no-deps --no-build-isolation --wheel-dir $(PY_WHEEL) ./$(PY_DIR)

python-installed: python-wheel
	@echo 'Installing the Python package into build/venv'
	@$(PY_PIP) install --force-reinstall --no-deps --no-index $(PY_WHEEL)/*.whl

test-python: python-installed $(SANDBOX)
	@echo 'Testing from Python'
	@mkdir -p $(PY_EMPTY)
	@cd $(PY_EMPTY) && $(PY_BIN)/mypy --config-file $(PY_CONFIG) --no-error-summary -p vce
	@cd $(PY_EMPTY) && $(PY_BIN)/mypy --config-file $(PY_CONFIG) --no-error-summary \
		$(abspath $(PY_TESTS)) $(abspath $(PY_DIR)/hatch_build.py)
	@cd $(PY_EMPTY) && for example in $(abspath $(PY_DIR)/examples)/*.py; do \
		$(PY_BIN)/mypy --config-file $(PY_CONFIG) --no-error-summary $$example || exit 1; done
	@cd $(PY_EMPTY) && VCE_SANDBOX=$(abspath $(SANDBOX)) $(PY_BIN)/python -m pytest -q \
		-c $(PY_CONFIG) $(abspath $(PY_TESTS))

# Python outside the binding: the tests of the C programs, the ABI, the README, scripts/setup and the
# costs of calls.
PY_OTHERS  := tests/abi tests/c tests/readme tests/setup tests/support benches/instructions

lint-python: python-venv
	@$(PY_BIN)/ruff check --quiet --config $(PY_CONFIG) $(PY_DIR) $(PY_TESTS) $(PY_OTHERS)
	@$(PY_BIN)/ruff format --quiet --check --config $(PY_CONFIG) $(PY_DIR) $(PY_TESTS) $(PY_OTHERS)
	@MYPYPATH=tests/support $(PY_BIN)/mypy --strict --no-error-summary $(PY_OTHERS)
