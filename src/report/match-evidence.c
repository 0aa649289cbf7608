#include <config.h>

#include "report/match-evidence.h"

#include <string.h>

#include "registry/digest.h"

/* Layers with no file in them, as builders write them; images of all kinds share them. */
static const char *const empty_layers[] = {
    /* gzip of an empty tar archive: Docker's classic builder */
    "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4",
    /* the same by BuildKit */
    "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1",
    /* their diff ID: the archive itself */
    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
};

static bool is_empty_layer(const char *digest, size_t length) {
  for (size_t i = 0; i < sizeof empty_layers / sizeof *empty_layers; i++)
    if (strlen(empty_layers[i]) == length && memcmp(empty_layers[i], digest, length) == 0)
      return true;
  return false;
}

/* LIST, unless it is empty or names nothing but empty layers. */
static const char *telling(const char *list) {
  for (const char *at = list; at && *at;) {
    size_t length = strcspn(at, ",");
    if (length && !is_empty_layer(at, length))
      return list;
    at += length;
    at += *at == ',';
  }
  return NULL;
}

struct facts facts_of(const struct record *record, enum status status) {
  struct facts facts = {.digest = NULL};
  if (status_is_failure(status))
    return facts;
  facts.digest = record->cell[RECORD_DIGEST];
  facts.manifest_digest = record->cell[RECORD_MANIFEST_DIGEST];
  facts.platform = record->cell[RECORD_PLATFORM];
  facts.digest_only = !facts.manifest_digest;
  const char *platforms = record->cell[RECORD_PLATFORMS];
  facts.index =
      facts.digest && ((platforms && strcmp(platforms, "1") != 0) ||
                       (!facts.digest_only && strcmp(facts.digest, facts.manifest_digest) != 0));
  if (facts.digest_only)
    facts.manifest_digest = facts.digest;
  if (status == STATUS_ARTIFACT)
    return facts;
  const char *config_digest = record->cell[RECORD_CONFIG_DIGEST];
  /* A config that was read and names no layers, though there are some, tells nothing of the files:
     tools that push other things as images write the same for all of them. */
  bool hollow = record->cell[RECORD_SETTINGS] && !record->cell[RECORD_DIFF_IDS] &&
                record->cell[RECORD_LAYERS];
  if (config_digest && !hollow && strcmp(config_digest, DIGEST_EMPTY_JSON) != 0)
    facts.config_digest = config_digest;
  facts.settings = record->cell[RECORD_SETTINGS];
  facts.layers = telling(record->cell[RECORD_LAYERS]);
  facts.diff_ids = telling(record->cell[RECORD_DIFF_IDS]);
  return facts;
}

static bool same(const char *a, const char *b) {
  return a && b && strcmp(a, b) == 0;
}

enum evidence facts_compare(const struct facts *source, const struct facts *inventory) {
  bool same_manifest = same(source->manifest_digest, inventory->manifest_digest);
  /* The same index holds the same children, but only a row of its own says that a child can be
     read there; a row that knows no children stands for all of them. */
  if (same(source->digest, inventory->digest) && (source->index || inventory->index) &&
      (same_manifest || source->digest_only || inventory->digest_only))
    return EVIDENCE_INDEX;
  if (same_manifest)
    return EVIDENCE_MANIFEST;
  if (same(source->config_digest, inventory->config_digest))
    return EVIDENCE_CONFIG;
  bool same_layers = same(source->layers, inventory->layers);
  if (source->settings && inventory->settings) {
    /* The same layers with other settings are another image, built on the same base. */
    if (strcmp(source->settings, inventory->settings) != 0)
      return EVIDENCE_NONE;
    if (same_layers)
      return EVIDENCE_LAYERS;
    return same(source->diff_ids, inventory->diff_ids) ? EVIDENCE_DIFF_IDS : EVIDENCE_NONE;
  }
  if (same_layers && (!source->platform || !inventory->platform ||
                      strcmp(source->platform, inventory->platform) == 0))
    return EVIDENCE_LAYERS_LIKELY;
  return EVIDENCE_NONE;
}

/* True when LIST begins with all of PREFIX's items, and has more of them. */
static bool is_longer(const char *prefix, const char *list) {
  if (!prefix || !list)
    return false;
  size_t length = strlen(prefix);
  return strncmp(prefix, list, length) == 0 && list[length] == ',';
}

bool facts_is_base(const struct facts *source, const struct facts *inventory) {
  if (!facts_same_platform(source->platform, inventory->platform))
    return false;
  if (is_longer(source->layers, inventory->layers) ||
      is_longer(source->diff_ids, inventory->diff_ids))
    return true;
  /* What is not known is not known to be different. */
  if (!source->settings || !inventory->settings || same(source->settings, inventory->settings))
    return false;
  return same(source->layers, inventory->layers) || same(source->diff_ids, inventory->diff_ids);
}

bool facts_same_platform(const char *a, const char *b) {
  if (!a || !b)
    return true;
  size_t os = strcspn(a, "(/");
  return strncmp(a, b, os) == 0 && strcspn(b, "(/") == os &&
         strcmp(a + strcspn(a, "/"), b + strcspn(b, "/")) == 0;
}

const char *facts_name(const char *image, size_t *length) {
  const char *name = image ? strrchr(image, '/') : NULL;
  if (!name)
    return NULL;
  name++;
  *length = strcspn(name, "@");
  return memchr(name, ':', *length) ? name : NULL;
}
