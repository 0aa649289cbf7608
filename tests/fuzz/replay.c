/* A main for fuzz targets in `make check`: feeds the files of corpus/NAME to the target that it is
   linked with (fuzz-NAME), and speaks TAP. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static int is_input(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void bail_out(const char *what, const char *why) {
  printf("Bail out! %s: %s\n", what, why);
  exit(EXIT_FAILURE);
}

/* Into memory of exactly its size, so that the sanitizers see a read behind its end. */
static uint8_t *read_input(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  struct stat status;
  if (!file || fstat(fileno(file), &status))
    bail_out(path, strerror(errno));
  *size = (size_t)status.st_size;
  uint8_t *data = malloc(*size ? *size : 1);
  if (!data || fread(data, 1, *size, file) != *size)
    bail_out(path, "cannot be read");
  fclose(file);
  return data;
}

int main(int argc, char **argv) {
  (void)argc;
  const char *name = strstr(argv[0], "fuzz-");
  for (const char *next = name; next; next = strstr(next + 1, "fuzz-"))
    name = next;
  const char *srcdir = getenv("srcdir");
  if (!name)
    bail_out(argv[0], "is not called fuzz-NAME");

  char folder[4096];
  struct dirent **entries = NULL;
  (void)snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
                 name + strlen("fuzz-"));
  int count = scandir(folder, &entries, is_input, alphasort);
  if (count <= 0)
    bail_out(folder, count < 0 ? strerror(errno) : "has no file");

  printf("1..%d\n", count);
  for (int i = 0; i < count; i++) {
    char path[8192];
    (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    size_t size;
    uint8_t *data = read_input(path, &size);
    LLVMFuzzerTestOneInput(data, size); /* ends the process when something is wrong */
    printf("ok %d - %s\n", i + 1, entries[i]->d_name);
    fflush(stdout);
    free(data);
    free(entries[i]);
  }
  free(entries);
  return EXIT_SUCCESS;
}
