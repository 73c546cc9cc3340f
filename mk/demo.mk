# C, PHP and Python examples, one after the other, with the sandbox as the server.

.PHONY: demo demo-built

demo: setup
	@$(MAKE) --no-print-directory demo-built
	@scripts/demo

demo-built: $(LIB) $(SANDBOX) $(PHP_AUTOLOAD) python-installed
	@echo 'Compiling the C examples'
	@mkdir -p $(BUILD)/demo
	@ln -sfr $(LIB) $(BUILD)/demo/libvce.so.0
	@for example in create_event list_events validate background; do \
		cc -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude bindings/c/examples/$$example.c \
			-o $(BUILD)/demo/$$example $(BUILD)/demo/libvce.so.0 -Wl,-rpath,'$$ORIGIN' || exit 1; done
