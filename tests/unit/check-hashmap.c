#include <config.h>

#include "base/hashmap.h"

#include "base/xalloc.h"
#include "unit.h"

enum { MANY = 5000 };

static void add_value(void *arg, const char *key, void *value) {
  long *sum = arg;
  ck_assert_int_eq(strtol(key, NULL, 10), *(int *)value);
  *sum += *(int *)value;
}

START_TEST(finds_what_was_put) {
  struct hashmap *map = hashmap_new();
  char *keys[MANY];
  int values[MANY];
  for (int i = 0; i < MANY; i++) {
    keys[i] = xasprintf("%d", i);
    values[i] = i;
    ck_assert_ptr_null(hashmap_put(map, keys[i], &values[i]));
  }
  ck_assert_uint_eq(hashmap_count(map), MANY);
  for (int i = 0; i < MANY; i++) {
    char *same = xasprintf("%d", i);
    ck_assert_ptr_eq(hashmap_get(map, same), &values[i]);
    free(same);
  }
  ck_assert_ptr_null(hashmap_get(map, "5000"));
  ck_assert_ptr_null(hashmap_get(map, ""));

  long sum = 0;
  hashmap_each(map, add_value, &sum);
  ck_assert_int_eq(sum, (long)MANY * (MANY - 1) / 2);
  hashmap_free(map);
  for (int i = 0; i < MANY; i++)
    free(keys[i]);
}
END_TEST

START_TEST(a_key_has_one_value) {
  struct hashmap *map = hashmap_new();
  char key[] = "key";
  char same[] = "key";
  int one = 1;
  int two = 2;
  ck_assert_ptr_null(hashmap_put(map, key, &one));
  ck_assert_ptr_eq(hashmap_put(map, same, &two), &one);
  same[0] = 'x'; /* the old key stayed in use */
  ck_assert_ptr_eq(hashmap_get(map, "key"), &two);
  ck_assert_uint_eq(hashmap_count(map), 1);
  hashmap_free(map);
  hashmap_free(NULL);
}
END_TEST

/* Far more come and go than are there at a time. */
START_TEST(what_is_removed_leaves_its_place) {
  struct hashmap *map = hashmap_new();
  char *keys[MANY];
  for (int i = 0; i < MANY; i++) {
    keys[i] = xasprintf("%d", i);
    ck_assert_ptr_null(hashmap_put(map, keys[i], keys[i]));
    if (i < 10)
      continue;
    ck_assert_ptr_eq(hashmap_remove(map, keys[i - 10]), keys[i - 10]);
    ck_assert_ptr_null(hashmap_remove(map, keys[i - 10]));
    ck_assert_ptr_null(hashmap_get(map, keys[i - 10]));
    ck_assert_uint_eq(hashmap_count(map), 10);
    for (int j = i - 9; j <= i; j++)
      ck_assert_ptr_eq(hashmap_get(map, keys[j]), keys[j]);
  }
  hashmap_free(map);
  for (int i = 0; i < MANY; i++)
    free(keys[i]);
}
END_TEST

UNIT_MAIN("hashmap", tcase_add_test(tcase, what_is_removed_leaves_its_place);
          tcase_add_test(tcase, finds_what_was_put); tcase_add_test(tcase, a_key_has_one_value);)
