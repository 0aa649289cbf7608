# Fuzz targets: each fuzz-NAME.c defines LLVMFuzzerTestOneInput. `make check` links them with
# replay.c, a main that feeds them the files of corpus/NAME, under any compiler.

FUZZ_TARGETS =

check_PROGRAMS += $(FUZZ_TARGETS)
EXTRA_DIST += tests/fuzz/corpus
