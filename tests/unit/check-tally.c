#include <config.h>

#include "base/tally.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "files.h"

#define KINDS 3

/* As good as random, and another for each NUMBER. */
static uint64_t hash_of(uint64_t number) {
  number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
  return number ^ number >> 31;
}

struct adder {
  struct tally_part *part;
  uint64_t from, to;
};

/* Each number comes twice, and every third has the flag once of these times. */
static void *add(void *arg) {
  const struct adder *adder = arg;
  for (int times = 0; times < 2; times++)
    for (uint64_t i = adder->from; i < adder->to; i++)
      tally_add(adder->part, hash_of(i), (uint32_t)(i % KINDS),
                i % 3 == 0 && times == (int)(i & 1));
  return NULL;
}

static void expect_count(struct tally *tally, uint64_t numbers) {
  size_t counts[KINDS] = {0}, flagged = 0;
  ck_assert_int_eq(tally_count(tally, counts, KINDS, &flagged, NULL), 0);
  for (uint64_t kind = 0; kind < KINDS; kind++)
    ck_assert_uint_eq(counts[kind], (numbers + KINDS - 1 - kind) / KINDS);
  ck_assert_uint_eq(flagged, (numbers + 2) / 3);
  tally_free(tally);
}

START_TEST(each_is_counted_once) {
  for (uint64_t numbers = 0; numbers < 300; numbers += 23) {
    struct tally *tally = tally_new(1u << 20);
    struct adder adder = {tally_part_new(tally), 0, numbers};
    add(&adder);
    expect_count(tally, numbers);
  }
}
END_TEST

/* Descriptors that are open, so that one sees that a file was made. */
static int open_files(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  if (!folder)
    return -1;
  while (readdir(folder))
    count++;
  closedir(folder);
  return count;
}

START_TEST(what_is_much_goes_to_a_file) {
  setenv("TMPDIR", files_folder, 1);
  int before = open_files();
  struct tally *tally = tally_new(100000);
  struct adder adder = {tally_part_new(tally), 0, 200000};
  add(&adder);
  if (before >= 0)
    ck_assert_int_eq(open_files(), before + 1);
  ck_assert_int_eq(files_count(), 0);
  expect_count(tally, 200000);
  ck_assert_int_eq(open_files(), before);
}
END_TEST

START_TEST(what_no_file_takes_stays_in_memory) {
  setenv("TMPDIR", "/nowhere", 1);
  struct tally *tally = tally_new(0);
  struct adder adder = {tally_part_new(tally), 0, 200000};
  add(&adder);
  ck_assert_int_eq(tally_refused(tally), ENOENT);
  expect_count(tally, 200000);
}
END_TEST

/* Some blocks are in the file then. */
START_TEST(a_file_that_is_full_gives_back_what_it_has) {
  setenv("TMPDIR", files_folder, 1);
  signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit = {10000, 10000};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  struct tally *tally = tally_new(0);
  struct adder adder = {tally_part_new(tally), 0, 200000};
  add(&adder);
  ck_assert_int_eq(tally_refused(tally), EFBIG);
  expect_count(tally, 200000);
}
END_TEST

START_TEST(threads_share_it) {
  enum { THREADS = 4 };
  setenv("TMPDIR", files_folder, 1);
  struct tally *tally = tally_new(100000);
  struct adder adders[THREADS];
  pthread_t threads[THREADS];
  for (uint64_t i = 0; i < THREADS; i++) {
    /* Half of what each has, the next has, too. */
    adders[i] = (struct adder){tally_part_new(tally), i * 20000, (i + 2) * 20000};
    ck_assert_int_eq(pthread_create(&threads[i], NULL, add, &adders[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  expect_count(tally, (THREADS + 1) * 20000);
}
END_TEST

UNIT_MAIN("tally", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, each_is_counted_once);
          tcase_add_test(tcase, what_is_much_goes_to_a_file);
          tcase_add_test(tcase, what_no_file_takes_stays_in_memory);
          tcase_add_test(tcase, a_file_that_is_full_gives_back_what_it_has);
          tcase_add_test(tcase, threads_share_it);)
