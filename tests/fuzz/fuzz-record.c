#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/record.h"
#include "base/xalloc.h"
#include "fuzz.h"

/* A file in memory: its descriptor and its name. */
struct file {
  int fd;
  char path[32];
};

static struct file make_file(const char *data, size_t size) {
  struct file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
  FUZZ_REQUIRE(file.fd >= 0);
  FUZZ_REQUIRE(write(file.fd, data, size) == (ssize_t)size);
  (void)snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
  return file;
}

/* 0: whole, its rows are in SET; -1: refused. */
static int read_all(const char *data, size_t size, struct record_set *set) {
  struct file file = make_file(data, size);
  struct error *error = NULL;
  struct record record;
  int got = -1;
  struct record_reader *reader = record_reader_open(file.path, 1u << RECORD_IMAGE, &error);
  if (reader)
    while ((got = record_reader_next(reader, &record, &error)) > 0)
      record_set_add(set, &record);
  FUZZ_REQUIRE((got < 0) == (error != NULL));
  FUZZ_REQUIRE(!error || (*error->message && error->status == STATUS_LOCAL));
  record_reader_close(reader);
  error_free(error);
  close(file.fd);
  return got;
}

/* The stream that the writer makes of ROWS; the caller frees it. */
static char *write_all(const struct record_set *rows, size_t *size) {
  char path[] = "/tmp/fuzz-record.XXXXXX";
  int fd = mkstemp(path);
  FUZZ_REQUIRE(fd >= 0);
  struct output *output = output_open(path, NULL);
  struct record_writer *writer = record_writer_new(output);
  for (size_t i = 0; i < rows->count; i++)
    if (rows->rows[i].cell[RECORD_IMAGE] && rows->rows[i].cell[RECORD_STATUS])
      FUZZ_REQUIRE(record_writer_put(writer, &rows->rows[i], NULL) == 0);
  FUZZ_REQUIRE(record_writer_finish(writer, NULL) == 0);
  FUZZ_REQUIRE(output_commit(output, NULL) == 0);
  record_writer_free(writer);
  output_free(output);
  close(fd);

  FILE *file = fopen(path, "rb");
  FUZZ_REQUIRE(file);
  FUZZ_REQUIRE(fseek(file, 0, SEEK_END) == 0);
  *size = (size_t)ftell(file);
  rewind(file);
  char *data = xmalloc(*size);
  FUZZ_REQUIRE(fread(data, 1, *size, file) == *size);
  fclose(file);
  unlink(path);
  return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct record_set first = RECORD_SET;
  if (read_all((const char *)data, size, &first) == 0) {
    /* What was taken can be written, and reads the same: writing that again gives the same bytes.
     */
    size_t written_size;
    size_t again_size;
    char *written = write_all(&first, &written_size);
    struct record_set second = RECORD_SET;
    FUZZ_REQUIRE(read_all(written, written_size, &second) == 0);
    FUZZ_REQUIRE(second.count <= first.count);
    char *again = write_all(&second, &again_size);
    FUZZ_REQUIRE(again_size == written_size && memcmp(again, written, again_size) == 0);

    /* Cut anywhere but behind a line, it is refused. */
    size_t cut = size * 7919 % written_size;
    struct record_set none = RECORD_SET;
    if (cut == 0 || written[cut - 1] != '\n')
      FUZZ_REQUIRE(read_all(written, cut, &none) < 0);
    record_set_free(&none);
    record_set_free(&second);
    free(written);
    free(again);
  }
  record_set_free(&first);
  return 0;
}
