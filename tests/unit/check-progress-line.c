#include <config.h>

#include "base/progress-line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void expect(const struct progress_facts *facts, size_t width, const char *want) {
  struct strbuf line = STRBUF(1024);
  progress_line(facts, width, &line);
  ck_assert_str_eq(strbuf_str(&line), want);
  strbuf_free(&line);
}

static const struct progress_facts half = {
    .unit = "images", .total = 2000, .done = 1000, .rate = 12.5, .at_a_time = 4};

START_TEST(what_matters_less_goes_first) {
  expect(&half, 199,
         "[====================>                   ]  50% 1000/2000 images, 12/s, 1:20 left, "
         "throttled to 4 at a time");
  expect(&half, 79,
         "[======>     ]  50% 1000/2000 images, 12/s, 1:20 left, throttled to 4 at a time");
  expect(&half, 74, "[======>      ]  50% 1000/2000 images, 1:20 left, throttled to 4 at a time");
  expect(&half, 59, "[======>      ]  50% 1000/2000 images, 1:20 left, throttled");
  expect(&half, 39, " 50% 1000/2000, 1:20 left, throttled");
  expect(&half, 25, " 50% 1000/2000, throttled");
  expect(&half, 14, " 50% 1000/2000");
  expect(&half, 9, "1000/2000");
  expect(&half, 3, "100");
  expect(&half, 0, "");
  struct progress_facts paced = half;
  paced.a_second = 50;
  expect(&paced, 74, "[======>      ]  50% 1000/2000 images, 1:20 left, throttled to 50 a second");
}
END_TEST

/* NULL, or what is wrong with the line of FACTS. */
static const char *fault(const struct progress_facts *facts, size_t width) {
  struct strbuf line = STRBUF(1024);
  progress_line(facts, width, &line);
  const char *text = strbuf_str(&line);
  const char *found = NULL;
  char counts[64];
  (void)snprintf(counts, sizeof counts, facts->total ? "%zu/%zu" : "%zu", facts->done,
                 facts->total);
  if (line.overflow || line.length > width)
    found = "too wide";
  for (size_t i = 0; i < line.length; i++)
    if (text[i] < ' ' || text[i] > '~')
      found = "not plain";
  if (width >= 39 && strlen(counts) <= 30 && !strstr(text, counts))
    found = "no counts";
  strbuf_free(&line);
  return found;
}

START_TEST(never_wider_than_the_terminal) {
  static const size_t numbers[] = {0, 1, 100, 123456, SIZE_MAX};
  static const double rates[] = {-1, 0, 1e-9, 9.99, 1e18};
  for (size_t width = 0; width <= 210; width++)
    for (size_t i = 0; i < 250; i++) {
      const struct progress_facts facts = {.unit = "references",
                                           .total = numbers[i % 5],
                                           .done = numbers[i / 5 % 5],
                                           .rate = rates[i / 25 % 5],
                                           .at_a_time = i < 125 ? 0 : i % 40,
                                           .grows = (width + i) % 3 == 0};
      const char *found = fault(&facts, width);
      if (found)
        ck_abort_msg("%s: width %zu, case %zu", found, width, i);
    }
}
END_TEST

START_TEST(ends_and_edges) {
  struct progress_facts facts = {.unit = "images", .rate = -1};
  expect(&facts, 79, "0 images");
  facts.done = 3;
  facts.rate = 0.25;
  expect(&facts, 79, "3 images, 0.2/s");
  facts.total = 9;
  facts.grows = true;
  expect(&facts, 79, "3/9+ images, 0.2/s");
  facts.grows = false;
  facts.total = 3;
  expect(&facts, 79, "[========================================] 100% 3/3 images, 0.2/s");
  facts.done = 7; /* more than was announced */
  expect(&facts, 79, "[========================================] 100% 7/3 images, 0.2/s");
  facts = (struct progress_facts){.unit = "images", .total = 100000, .done = 99999, .rate = 9.96};
  expect(&facts, 30, " 99% 99999/100000, 0:00 left");
  facts.done = 1;
  facts.rate = 1.2;
  expect(&facts, 60, "[>              ]   0% 1/100000 images, 1.2/s, 23:08:53 left");
  facts.rate = 1e-3; /* years are no forecast */
  expect(&facts, 15, "  0% 1/100000");
}
END_TEST

UNIT_MAIN("progress-line", tcase_add_test(tcase, what_matters_less_goes_first);
          tcase_add_test(tcase, never_wider_than_the_terminal);
          tcase_add_test(tcase, ends_and_edges);)
