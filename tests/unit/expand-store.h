/* For tests of registry/expand: a registry in memory that counts what it is asked, documents to put
   into it, and what came out. */
#ifndef OCIDUP_TESTS_EXPAND_STORE_H
#define OCIDUP_TESTS_EXPAND_STORE_H

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "registry/digest.h"
#include "registry/expand.h"
#include "registry/manifest.h"

#define EMPTY_CONFIG "application/vnd.oci.empty.v1+json"
#define OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define LAYER "application/vnd.oci.image.layer.v1.tar+gzip"
#define L1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define L2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define LOST "sha256:9999999999999999999999999999999999999999999999999999999999999999"

enum { BLOBS = 4096 };

/* A registry in memory that counts what it is asked. */
struct store {
  struct blob {
    char digest[DIGEST_SHA256_SIZE];
    char *text;
    unsigned asked;
    enum status fails; /* STATUS_OK: it does not */
    const enum status *instead;
  } blobs[BLOBS];
  size_t count;
  unsigned manifests;
  unsigned configs;
  /* Answers that are held back, given last first. */
  bool hold;
  struct {
    struct blob *blob;
    expand_bytes_fn *done;
    void *arg;
  } held[BLOBS];
  size_t held_count;
};

static inline struct store *store_new(void) {
  return xcalloc(1, sizeof(struct store));
}

static inline void store_free(struct store **store) {
  for (size_t i = 0; i < (*store)->count; i++)
    free((*store)->blobs[i].text);
  free(*store);
}

/* Takes TEXT over and returns its digest. */
static inline const char *put(struct store *store, char *text) {
  ck_assert_uint_lt(store->count, BLOBS);
  struct blob *blob = &store->blobs[store->count++];
  digest_of(text, strlen(text), blob->digest);
  blob->text = text;
  return blob->digest;
}

static inline struct blob *find(struct store *store, const char *digest) {
  for (size_t i = 0; i < store->count; i++)
    if (strcmp(store->blobs[i].digest, digest) == 0)
      return &store->blobs[i];
  return NULL;
}

/* One that is there. */
static inline struct blob *stored(struct store *store, const char *digest) {
  struct blob *blob = find(store, digest);
  if (!blob)
    abort();
  return blob;
}

static inline void answer(struct blob *blob, expand_bytes_fn *done, void *arg) {
  cleanup(cleanup_error) struct error *error = NULL;
  struct expand_bytes bytes = {.error = NULL};
  if (!blob)
    error_set(&error, STATUS_NOT_FOUND, "not there");
  else if (blob->fails != STATUS_OK || blob->instead)
    error_set(&error, blob->fails, "told to fail");
  bytes.error = error;
  if (blob && !error) {
    bytes.data = blob->text;
    bytes.length = strlen(blob->text);
  }
  if (blob)
    bytes.instead = blob->instead;
  done(arg, &bytes);
}

static inline void ask(struct store *store, const char *digest, expand_bytes_fn *done, void *arg) {
  struct blob *blob = find(store, digest);
  if (blob)
    blob->asked++;
  if (!store->hold) {
    answer(blob, done, arg);
    return;
  }
  store->held[store->held_count].blob = blob;
  store->held[store->held_count].done = done;
  store->held[store->held_count++].arg = arg;
}

static inline void get_manifest(void *context, const char *digest, expand_bytes_fn *done,
                                void *arg) {
  struct store *store = context;
  store->manifests++;
  ask(store, digest, done, arg);
}

static inline void get_config(void *context, const char *digest, expand_bytes_fn *done, void *arg) {
  struct store *store = context;
  store->configs++;
  ask(store, digest, done, arg);
}

/* ---- documents ---- */

static inline const char *put_config(struct store *store, const char *os, const char *arch,
                                     const char *more) {
  return put(store,
             xasprintf("{\"os\":\"%s\",\"architecture\":\"%s\"%s,\"config\":{\"Env\":[\"A=b\"]"
                       "},\"created\":\"2024-01-02T03:04:05Z\",\"rootfs\":{\"type\":"
                       "\"layers\",\"diff_ids\":[\"" L2 "\"]}}",
                       os, arch, more));
}

static inline const char *put_image_of(struct store *store, const char *config, const char *note) {
  return put(store,
             xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
                       "\",\"config\":{\"mediaType\":\"" OCI_CONFIG
                       "\",\"digest\":\"%s\",\"size\":100},\"layers\":[{\"mediaType\":\"" LAYER
                       "\",\"digest\":\"" L1 "\",\"size\":23}],\"annotations\":{\"n\":\"%s\"}}",
                       config, note));
}

static inline const char *put_image(struct store *store, const char *os, const char *arch) {
  return put_image_of(store, put_config(store, os, arch, ""), arch);
}

static inline const char *put_artifact(struct store *store, const char *note) {
  return put(store, xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
                              "\",\"artifactType\":\"application/x\",\"config\":{\"mediaType\":"
                              "\"" EMPTY_CONFIG "\",\"digest\":\"" DIGEST_EMPTY_JSON
                              "\",\"size\":2},\"layers\":[],\"annotations\":{\"n\":\"%s\"}}",
                              note));
}

static inline char *entry(const char *digest, const char *platform) {
  return xasprintf("{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
                   "\",\"digest\":\"%s\",\"size\":5%s%s}",
                   digest, platform ? ",\"platform\":" : "", platform ? platform : "");
}

#define AMD64 "{\"os\":\"linux\",\"architecture\":\"amd64\"}"
#define ARM64 "{\"os\":\"linux\",\"architecture\":\"arm64\"}"
#define ARMV5 "{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v5\"}"

static inline const char *put_index_text(struct store *store, const char *entries) {
  return put(store, xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_INDEX
                              "\",\"manifests\":[%s]}",
                              entries));
}

/* An index of COUNT pairs of digest and platform. */
static inline const char *put_index(struct store *store, size_t count,
                                    const char *const (*pairs)[2]) {
  cleanup(cleanup_free) char *entries = xstrdup("");
  for (size_t i = 0; i < count; i++) {
    cleanup(cleanup_free) char *one = entry(pairs[i][0], pairs[i][1]);
    char *all = xasprintf("%s%s%s", entries, i ? "," : "", one);
    free(entries);
    entries = all;
  }
  return put_index_text(store, entries);
}

#define INDEX(store, ...)                                                                          \
  put_index((store), sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *[2]),      \
            (const char *const[][2]){__VA_ARGS__})

/* An index entry that is an index. */
static inline char *index_entry(const char *digest) {
  return xasprintf("{\"mediaType\":\"" MEDIA_TYPE_OCI_INDEX "\",\"digest\":\"%s\",\"size\":5}",
                   digest);
}

/* ---- running ---- */

struct outcome {
  struct record_set rows;
  unsigned calls;
};

static inline void take(void *arg, struct record_set *rows) {
  struct outcome *outcome = arg;
  outcome->calls++;
  outcome->rows = *rows;
  *rows = (struct record_set)RECORD_SET;
}

static inline void cleanup_outcome(struct outcome *outcome) {
  record_set_free(&outcome->rows);
}

static inline void run(struct store *store, const struct expand_options *options,
                       const char *digest, struct outcome *outcome) {
  struct expand_source source = {.context = store, .manifest = get_manifest, .config = get_config};
  expand(&source, options, digest, NULL, take, outcome);
  while (store->held_count > 0) {
    size_t last = --store->held_count;
    answer(store->held[last].blob, store->held[last].done, store->held[last].arg);
  }
  ck_assert_uint_eq(outcome->calls, 1);
  ck_assert_uint_ge(outcome->rows.count, 1);
}

static inline const char *cell(const struct outcome *outcome, size_t row,
                               enum record_column column) {
  ck_assert_uint_lt(row, outcome->rows.count);
  const char *value = outcome->rows.rows[row].cell[column];
  return value ? value : "-";
}

#define CELL(row, column, value) ck_assert_str_eq(cell(&outcome, (row), RECORD_##column), (value))

static const struct expand_options all = {.configs = true};

#endif
