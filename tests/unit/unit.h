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

#endif
