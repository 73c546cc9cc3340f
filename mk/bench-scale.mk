# How libvce scales: rate, CPU per event and memory against conversations, queue, threads and
# connections. `make bench-scale BENCH_RECORD=1` keeps the figures in docs.

SCALE_OUT      := $(BENCH)/scale
SCALE_PROGRAMS := $(addprefix $(SCALE_OUT)/,background calls enqueue)

.PHONY: bench-scale

bench-scale: bench-setup $(SCALE_PROGRAMS) $(BENCH_VENV)/.complete
	@PYTHONPATH=benches $(BENCH_PYTHON) -m runner.scale $(SCALE_OUT) $(SCALE_OUT) $(if $(BENCH_RECORD),docs)

# Relative to the program, so that a moved checkout still works.
$(SCALE_PROGRAMS): $(SCALE_OUT)/%: benches/scale/%.c benches/scale/scale.c benches/scale/scale.h $(BENCH_COMMON) $(LIB)
	@mkdir -p $(@D)
	@cc $(BENCH_CFLAGS) -Iinclude $(filter %.c,$^) -o $@ \
		$(LIB).0 -Wl,-rpath,'$$ORIGIN/'$$(realpath --relative-to=$(@D) $(dir $(LIB))) -pthread
