/* Files for tests: a folder of their own that is removed at the end, also when a test failed. Add
   it by `tcase_add_unchecked_fixture(tcase, files_setup, files_teardown)`. */
#ifndef OCIDUP_TESTS_FILES_H
#define OCIDUP_TESTS_FILES_H

#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char files_folder[64];

static inline void files_setup(void) {
  (void)snprintf(files_folder, sizeof files_folder, "/tmp/ocidup-unit.XXXXXX");
  if (!mkdtemp(files_folder))
    abort();
}

static inline int files_remove_one(const char *path, const struct stat *status, int kind,
                                   struct FTW *ftw) {
  (void)status;
  (void)kind;
  (void)ftw;
  return remove(path);
}

static inline void files_teardown(void) {
  (void)nftw(files_folder, files_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of NAME in the folder; caller frees. */
static inline char *files_path(const char *name) {
  char *path = NULL;
  ck_assert_int_ge(asprintf(&path, "%s/%s", files_folder, name), 0);
  return path;
}

/* Writes the file NAME and returns its path; caller frees. */
static inline char *files_write(const char *name, const void *data, size_t length) {
  char *path = files_path(name);
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(data, 1, length, file), length);
  ck_assert_int_eq(fclose(file), 0);
  return path;
}

/* The content of PATH, NUL-terminated; caller frees. */
static inline char *files_read(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
  *length = (size_t)ftell(file);
  rewind(file);
  char *data = malloc(*length + 1);
  ck_assert_ptr_nonnull(data);
  ck_assert_uint_eq(fread(data, 1, *length, file), *length);
  data[*length] = '\0';
  ck_assert_int_eq(fclose(file), 0);
  return data;
}

/* How many files the folder holds, hidden ones too. */
static inline int files_count(void) {
  int count = 0;
  DIR *folder = opendir(files_folder);
  ck_assert_ptr_nonnull(folder);
  for (const struct dirent *entry; (entry = readdir(folder));)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(folder);
  return count;
}

/* Root may read everything: be someone else until files_rise. False when we are not root. */
static inline bool files_sink(void) {
  return geteuid() == 0 && seteuid(65534) == 0;
}

static inline void files_rise(bool sunk) {
  if (sunk && seteuid(0) < 0)
    abort();
}

#endif
