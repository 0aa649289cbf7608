#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "fuzz-file.h"
#include "registry/digest.h"
#include "registry/known.h"

/* Rows that are given back are the whole of what they are about. */
static void check_image(const struct known *known, const char *digest, bool configs) {
  struct record_set rows = RECORD_SET;
  if (!known_image(known, digest, configs, &rows))
    FUZZ_REQUIRE(rows.count == 0);
  for (size_t i = 0; i < rows.count; i++) {
    const struct record *row = &rows.rows[i];
    enum status status = record_status(row);
    FUZZ_REQUIRE(status == STATUS_OK || status == STATUS_ARTIFACT || status == STATUS_LEGACY);
    FUZZ_REQUIRE(strcmp(row->cell[RECORD_DIGEST], digest) == 0);
    FUZZ_REQUIRE(!row->cell[RECORD_IMAGE] && !row->cell[RECORD_PUSHED] && !row->cell[RECORD_REF]);
    if (status == STATUS_OK) {
      FUZZ_REQUIRE(digest_is_valid(row->cell[RECORD_MANIFEST_DIGEST]));
      FUZZ_REQUIRE(!configs || row->cell[RECORD_SETTINGS]);
      FUZZ_REQUIRE(strtoul(row->cell[RECORD_PLATFORMS], NULL, 10) == rows.count);
    }
  }
  record_set_free(&rows);
}

static void check_manifest(const struct known *known, const char *digest, bool configs) {
  struct record row;
  if (!known_manifest(known, digest, configs, &row))
    return;
  FUZZ_REQUIRE(strcmp(row.cell[RECORD_MANIFEST_DIGEST], digest) == 0);
  FUZZ_REQUIRE(!configs || record_status(&row) != STATUS_OK || row.cell[RECORD_SETTINGS]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(fuzz_file_close) struct fuzz_file file = fuzz_file_make(data, size);
  cleanup(cleanup_error) struct error *error = NULL;
  struct known *known = known_new();
  bool absent = false;
  int result = known_add(known, file.path, &absent, &error);
  FUZZ_REQUIRE((result < 0) == (error != NULL) && !absent);
  if (result == 0) {
    struct record_reader *reader = record_reader_open(file.path, 0, NULL);
    FUZZ_REQUIRE(reader);
    struct record record;
    while (record_reader_next(reader, &record, NULL) > 0)
      for (int configs = 0; configs < 2; configs++) {
        if (record.cell[RECORD_DIGEST])
          check_image(known, record.cell[RECORD_DIGEST], configs);
        if (record.cell[RECORD_MANIFEST_DIGEST])
          check_manifest(known, record.cell[RECORD_MANIFEST_DIGEST], configs);
      }
    record_reader_close(reader);
    /* The same once more says nothing new. */
    size_t count = known_count(known);
    FUZZ_REQUIRE(known_add(known, file.path, &absent, NULL) == 0 && known_count(known) == count);
  }
  known_free(known);
  return 0;
}
