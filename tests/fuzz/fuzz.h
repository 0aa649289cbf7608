/* What a fuzz target defines and uses. It is linked with replay.c by `make check` and with
   libFuzzer by `make fuzz`. */
#ifndef OCIDUP_TESTS_FUZZ_H
#define OCIDUP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* DATA is read-only, not NUL-terminated. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the code that must hold for every input; ends the process when it does not. */
#define FUZZ_REQUIRE(condition)                                                                    \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);               \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

#endif
