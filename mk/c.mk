# The C ABI: tests with programs that link the real libraries, and the snapshot of the ABI.

.PHONY: test-c test-abi

test-c: $(LIB) $(SANDBOX) python-venv
	@echo 'Testing from C and C++, also in valgrind'
	@PYTHONPATH=tests/support VCE_SANDBOX=$(abspath $(SANDBOX)) $(PY_BIN)/python -m pytest -q -p no:cacheprovider tests/c

test-abi: $(LIB) python-venv
	@echo 'Testing the headers and the ABI'
	@$(PY_BIN)/python -m pytest -q -p no:cacheprovider tests/abi
