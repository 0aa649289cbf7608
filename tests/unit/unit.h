/* What every unit test needs: one case, run in Check, told in TAP. */
#ifndef OCIDUP_TESTS_UNIT_H
#define OCIDUP_TESTS_UNIT_H

#include <check.h>
#include <malloc.h>
#include <stdlib.h>

/* Memory that nobody filled points nowhere. */
#ifdef M_PERTURB
#define UNIT_PERTURB (void)mallopt(M_PERTURB, 0xa5)
#else
#define UNIT_PERTURB (void)0
#endif

/* The main of a test of MODULE: `UNIT_MAIN ("status", tcase_add_test (tcase, names);)`. */
#define UNIT_MAIN(module, ...)                                                                     \
  int main(void) {                                                                                 \
    UNIT_PERTURB;                                                                                  \
    Suite *suite = suite_create(module);                                                           \
    TCase *tcase = tcase_create(module);                                                           \
    __VA_ARGS__                                                                                    \
    suite_add_tcase(suite, tcase);                                                                 \
    SRunner *runner = srunner_create(suite);                                                       \
    srunner_set_tap(runner, "-");                                                                  \
    srunner_run_all(runner, CK_SILENT);                                                            \
    int failed = srunner_ntests_failed(runner);                                                    \
    srunner_free(runner);                                                                          \
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                                   \
  }

/* In UNIT_MAIN: tests (`tcase_add_test (native, names);`) that are lost in valgrind, which is too
   slow for their seconds, or forks where posix_spawn does not, so that only a status 127 tells that
   there is no such program. `make check-valgrind` leaves them out. */
#define NATIVE(...)                                                                                \
  {                                                                                                \
    TCase *native = tcase_create("native");                                                        \
    tcase_set_tags(native, "native");                                                              \
    __VA_ARGS__                                                                                    \
    suite_add_tcase(suite, native);                                                                \
  }

#endif
