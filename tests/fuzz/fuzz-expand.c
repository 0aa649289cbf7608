#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "registry/digest.h"
#include "registry/expand.h"
#include "registry/manifest.h"

/* A registry of a few documents that name each other, made of the input: trees, indexes that list
   what is not there, manifests with a config that fails; and rings, which real digests cannot be,
   for the way out of them. */

enum { DOCUMENTS = 16, ENTRIES_MAX = 7 };

struct reader {
  const uint8_t *data;
  size_t left;
};

static unsigned take(struct reader *reader) {
  if (!reader->left)
    return 0;
  reader->left--;
  return *reader->data++;
}

struct store {
  char *text[DOCUMENTS];
  enum status fails[DOCUMENTS];
  unsigned asked[DOCUMENTS][2]; /* as manifest, as config */
  bool hold, last_first;
  struct held {
    expand_bytes_fn *done;
    void *arg;
    unsigned document;
  } held[8 * DOCUMENTS];
  size_t held_count;
  struct record_set rows;
  unsigned calls;
};

static const char *name_of(unsigned document, char name[DIGEST_SHA256_SIZE]) {
  (void)snprintf(name, DIGEST_SHA256_SIZE, "sha256:%064x", document % DOCUMENTS);
  return name;
}

static void put_descriptor(struct strbuf *out, const char *type, unsigned document) {
  char name[DIGEST_SHA256_SIZE];
  strbuf_printf(out, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%u", type,
                name_of(document, name), document);
}

/* FROM: documents before it are not listed. */
static void put_index(struct strbuf *out, struct reader *reader, unsigned from) {
  static const char *const platforms[] = {
      "",
      ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}",
      ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"}",
      ",\"platform\":{\"os\":\"windows\",\"architecture\":\"amd64\",\"os.version\":\"10.0.1\"}",
      ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}",
      ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"},\"annotations\":{"
      "\"vnd.docker.reference.type\":\"attestation-manifest\"}",
      ",\"platform\":{\"os\":\"\\u001b[31m\",\"architecture\":\"a,b\"}"};
  static const char *const types[] = {MEDIA_TYPE_OCI_MANIFEST, MEDIA_TYPE_OCI_INDEX,
                                      MEDIA_TYPE_DOCKER_SCHEMA1, "application/x"};
  strbuf_puts(out,
              "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_INDEX "\",\"manifests\":[");
  unsigned entries = take(reader) % (ENTRIES_MAX + 1);
  for (unsigned i = 0; i < entries; i++) {
    unsigned what = take(reader);
    strbuf_puts(out, i ? "," : "");
    put_descriptor(out, types[what % 4], from + (what >> 4) % (DOCUMENTS - from));
    strbuf_printf(out, "%s}", platforms[take(reader) % 7]);
  }
  strbuf_puts(out, "]}");
}

static void put_image(struct strbuf *out, struct reader *reader, bool artifact) {
  strbuf_printf(out,
                "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\"%s,\"config\":",
                artifact ? ",\"artifactType\":\"application/x\"" : "");
  put_descriptor(out, "application/vnd.oci.image.config.v1+json", take(reader));
  strbuf_puts(out, "},\"layers\":[");
  unsigned layers = take(reader) % (ENTRIES_MAX + 1);
  for (unsigned i = 0; i < layers; i++) {
    strbuf_puts(out, i ? "," : "");
    put_descriptor(out, "application/vnd.oci.image.layer.v1.tar+gzip", take(reader));
    strbuf_puts(out, "}");
  }
  strbuf_puts(out, "]}");
}

static void put_config(struct strbuf *out, struct reader *reader) {
  static const char *const systems[] = {"linux", "windows", "unknown", "", "\\u202e", "a/b"};
  char name[DIGEST_SHA256_SIZE];
  unsigned what = take(reader);
  strbuf_printf(out,
                "{\"os\":\"%s\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=%u\"]},"
                "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
                systems[what % 6], what, name_of(what, name));
}

static void put_text(struct strbuf *out, struct reader *reader) {
  unsigned length = take(reader);
  for (unsigned i = 0; i < length && reader->left; i++)
    strbuf_putc(out, (char)take(reader));
}

static char *make_document(struct reader *reader, unsigned from, enum status *fails) {
  static const enum status failures[] = {STATUS_NOT_FOUND, STATUS_TIMEOUT, STATUS_DENIED,
                                         STATUS_DIGEST_MISMATCH};
  struct strbuf out = STRBUF(64 * 1024);
  unsigned kind = take(reader);
  *fails = STATUS_OK;
  switch (kind % 8) {
  case 0:
  case 1:
  case 2:
    put_index(&out, reader, from);
    break;
  case 3:
  case 4:
    put_image(&out, reader, kind & 8);
    break;
  case 5:
    put_config(&out, reader);
    break;
  case 6:
    put_text(&out, reader);
    break;
  default:
    *fails = failures[kind / 8 % 4];
  }
  return strbuf_take(&out);
}

static void answer(struct store *store, const struct held *held) {
  cleanup(cleanup_error) struct error *error = NULL;
  struct expand_bytes bytes = {.data = store->text[held->document],
                               .length = strlen(store->text[held->document])};
  if (store->fails[held->document] != STATUS_OK) {
    error_set(&error, store->fails[held->document], "told to fail");
    bytes = (struct expand_bytes){.error = error};
  }
  held->done(held->arg, &bytes);
}

static void ask(struct store *store, const char *digest, bool config, expand_bytes_fn *done,
                void *arg) {
  unsigned document = (unsigned)strtoul(digest + strlen("sha256:"), NULL, 16) % DOCUMENTS;
  /* Within one expansion a digest is asked for once. */
  FUZZ_REQUIRE(++store->asked[document][config] == 1);
  const struct held held = {done, arg, document};
  if (store->hold)
    store->held[store->held_count++] = held;
  else
    answer(store, &held);
}

static void ask_manifest(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  ask(context, digest, false, done, arg);
}

static void ask_config(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  ask(context, digest, true, done, arg);
}

static void take_rows(void *arg, struct record_set *rows) {
  struct store *store = arg;
  store->calls++;
  store->rows = *rows;
  *rows = (struct record_set)RECORD_SET;
}

static void run(struct store *store, const struct expand_options *options) {
  const struct expand_source source = {store, ask_manifest, ask_config};
  char top[DIGEST_SHA256_SIZE];
  memset(store->asked, 0, sizeof store->asked);
  store->rows = (struct record_set)RECORD_SET;
  store->calls = 0;
  expand(&source, options, name_of(0, top), NULL, take_rows, store);
  while (store->held_count) {
    size_t place = store->last_first ? store->held_count - 1 : 0;
    struct held held = store->held[place];
    store->held_count--;
    memmove(store->held + place, store->held + place + 1,
            (store->held_count - place) * sizeof held);
    answer(store, &held);
  }
  FUZZ_REQUIRE(store->calls == 1 && store->rows.count >= 1 &&
               store->rows.count <= EXPAND_MANIFESTS_MAX + 1);
}

static void check_rows(const struct record_set *rows, const struct expand_options *options) {
  char top[DIGEST_SHA256_SIZE];
  name_of(0, top);
  for (size_t i = 0; i < rows->count; i++) {
    const char *const *cell = rows->rows[i].cell;
    enum status status = record_status(&rows->rows[i]);
    FUZZ_REQUIRE(cell[RECORD_STATUS] && strcmp(cell[RECORD_DIGEST], top) == 0);
    FUZZ_REQUIRE(status != STATUS_LOCAL);
    FUZZ_REQUIRE(status != STATUS_OK || cell[RECORD_MANIFEST_DIGEST]);
    FUZZ_REQUIRE(status != STATUS_OK || !options->configs || cell[RECORD_SETTINGS]);
    FUZZ_REQUIRE(!cell[RECORD_PLATFORM] || !strpbrk(cell[RECORD_PLATFORM], ", \x1b"));
    FUZZ_REQUIRE(!cell[RECORD_PLATFORMS] || options->platforms ||
                 strtoul(cell[RECORD_PLATFORMS], NULL, 10) == rows->count ||
                 status == STATUS_ARTIFACT || rows->count == 1);
  }
}

static void check_same(const struct record_set *a, const struct record_set *b) {
  FUZZ_REQUIRE(a->count == b->count);
  for (size_t i = 0; i < a->count; i++)
    for (int c = 0; c < RECORD_COLUMNS; c++) {
      const char *x = a->rows[i].cell[c], *y = b->rows[i].cell[c];
      FUZZ_REQUIRE(!x == !y && (!x || strcmp(x, y) == 0));
    }
}

/* Where an index was met first decides how deep it is. */
static bool is_too_deep(const struct record_set *rows) {
  for (size_t i = 0; i < rows->count; i++)
    if (rows->rows[i].cell[RECORD_DETAIL] && strstr(rows->rows[i].cell[RECORD_DETAIL], " deep"))
      return true;
  return false;
}

/* However answers come, the rows are the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const wanted[] = {"linux/amd64", "windows/amd64", NULL};
  struct reader reader = {data, size};
  unsigned how = take(&reader);
  struct store store = {.calls = 0};
  for (unsigned i = 0; i + 1 < DOCUMENTS; i++)
    store.text[i] = make_document(&reader, how & 4 ? 0 : i + 1, &store.fails[i]);
  store.text[DOCUMENTS - 1] = xstrdup("");
  const struct expand_options options = {.configs = how & 1, .platforms = how & 2 ? wanted : NULL};
  run(&store, &options);
  struct record_set first = store.rows;
  check_rows(&first, &options);
  store.hold = true;
  for (int order = 0; order < 2; order++) {
    store.last_first = order;
    run(&store, &options);
    if (!(how & 4) && !is_too_deep(&first) && !is_too_deep(&store.rows))
      check_same(&first, &store.rows);
    record_set_free(&store.rows);
  }
  record_set_free(&first);
  for (unsigned i = 0; i < DOCUMENTS; i++)
    free(store.text[i]);
  return 0;
}
