# What calls cost, in instructions, allocations and system calls: counted, so that CI can refuse
# a change that makes one dearer.

.PHONY: test-instructions

test-instructions: $(LIB) $(SANDBOX) python-venv
	@PYTHONPATH=tests/support VCE_SANDBOX=$(abspath $(SANDBOX)) $(PY_BIN)/python -m pytest -q -p no:cacheprovider benches/instructions
