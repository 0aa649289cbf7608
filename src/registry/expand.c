#include <config.h>

#include "registry/expand.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry/image-config.h"
#include "registry/manifest.h"
#include "registry/platform.h"

/* What one expansion keeps of lists of layers, bytes, however its manifests are made. */
#define KEPT_MAX ((size_t)32 * 1024 * 1024)

/* Platforms told in the detail of a `not_found`. */
#define PLATFORMS_TOLD_MAX ((size_t)1024)

enum object_kind { OBJECT_PENDING, OBJECT_INDEX, OBJECT_ARTIFACT, OBJECT_ROW };

struct node;

/* A manifest, or what became of it: one for each digest. */
struct object {
  struct expansion *expansion;
  struct object *next; /* of the expansion's */
  char *digest;
  enum object_kind kind;
  struct node *node;     /* where it was met first */
  struct record_set row; /* once it is not pending: one row, without what depends on the place */
  char *platform;        /* as its config says; NULL: not known */
  struct object *config_next; /* of those that wait for the same config */
  bool emitted;               /* an index whose rows are there already */
};

/* A config: one for each digest. */
struct config {
  struct expansion *expansion;
  struct config *next;
  char *digest;
  struct object *waiting;
  bool done;
  enum status status;
  char *message; /* of a status that is not STATUS_OK; may be NULL */
  struct image_config content;
};

/* A place in the tree of indexes. */
struct node {
  struct node *parent;
  struct node **children;
  size_t child_count;
  size_t child_capacity;
  unsigned depth;        /* 1: the top */
  char *platform;        /* the index entry's; NULL: it says none */
  struct object *object; /* NULL when it was not asked for */
  struct error *error;   /* why it was not; NULL: its platform is not wanted */
};

struct expansion {
  const struct expand_source *source;
  const struct expand_options *options;
  expand_done_fn *done;
  void *arg;
  struct node *top;
  char *top_digest;
  struct hashmap *objects; /* digest -> struct object */
  struct hashmap *configs; /* digest -> struct config */
  struct object *all_objects;
  struct config *all_configs;
  size_t manifests; /* nodes that are not attestations */
  size_t kept;
  size_t pending; /* answers that are out, and one while expansion itself works */
};

static void release(struct expansion *x);

/* ---- rows ---- */

/* A status that may stand in a row: trouble of this process is told as what it was to the caller,
   no answer. */
static const char *row_status_name(enum status status) {
  return status_name(status == STATUS_LOCAL ? STATUS_NETWORK : status);
}

void expand_failure(struct record_set *rows, const char *digest, const struct error *error) {
  struct record record = {.cell = {NULL}};
  record.cell[RECORD_DIGEST] = digest;
  record.cell[RECORD_STATUS] = row_status_name(error->status);
  record.cell[RECORD_DETAIL] = error->message;
  record_set_add(rows, &record);
}

static void set_cell(struct object *object, enum record_column column, const char *value) {
  record_set_cell(&object->row, 0, column, value);
}

static void set_outcome(struct object *object, enum status status, const char *detail) {
  set_cell(object, RECORD_STATUS, row_status_name(status));
  set_cell(object, RECORD_DETAIL, detail);
}

static void add_to_list(struct strbuf *list, const char *item) {
  if (list->length > 0)
    strbuf_puts(list, ", ");
  strbuf_puts(list, item);
}

/* Moves to TO the rows of ALL whose platform is wanted or not known; when there is none, one row
   that says so. */
static void restrict_rows(const struct expand_options *options, struct record_set *all,
                          struct record_set *to) {
  if (!options->platforms && to->count == 0) {
    record_set_free(to);
    *to = *all;
    *all = (struct record_set)RECORD_SET;
    return;
  }
  cleanup(strbuf_free) struct strbuf has = STRBUF(PLATFORMS_TOLD_MAX);
  size_t kept = 0;
  for (size_t i = 0; i < all->count; i++) {
    const char *platform = all->rows[i].cell[RECORD_PLATFORM];
    if (platform_is_wanted(options->platforms, platform)) {
      record_set_add(to, &all->rows[i]);
      kept++;
    } else {
      add_to_list(&has, platform);
    }
  }
  if (kept == 0 && all->count > 0) {
    cleanup(strbuf_free) struct strbuf wanted = STRBUF(PLATFORMS_TOLD_MAX);
    for (const char *const *platform = options->platforms; *platform; platform++)
      add_to_list(&wanted, *platform);
    cleanup(cleanup_free) char *detail =
        xasprintf("no %s; it has %s%s", strbuf_str(&wanted), strbuf_str(&has),
                  has.overflow ? ", and more" : "");
    struct record none = {.cell = {NULL}};
    none.cell[RECORD_DIGEST] = all->rows[0].cell[RECORD_DIGEST];
    none.cell[RECORD_PLATFORMS] = all->rows[0].cell[RECORD_PLATFORMS];
    none.cell[RECORD_STATUS] = status_name(STATUS_NOT_FOUND);
    none.cell[RECORD_DETAIL] = detail;
    record_set_add(to, &none);
  }
  record_set_free(all);
}

bool expand_known(const struct expand_options *options, const char *digest,
                  struct record_set *rows) {
  struct record_set all = RECORD_SET;
  if (!options->known || !known_image(options->known, digest, options->configs, &all))
    return false;
  restrict_rows(options, &all, rows);
  return true;
}

/* ---- the end: the tree to rows ---- */

/* Whether two normalised platforms differ in system or architecture. Variants are often left out
   of configs, which is no disagreement. */
static bool disagree(const char *a, const char *b) {
  const char *slash = strchr(a, '/');
  size_t length = slash ? (size_t)(slash + 1 - a) : 0;
  length += strcspn(a + length, "/");
  return strncmp(a, b, length) != 0 || (b[length] != '\0' && b[length] != '/');
}

static void emit_image(const struct expansion *x, const struct node *node,
                       struct record_set *rows) {
  struct record record = {.cell = {NULL}};
  cleanup(cleanup_free) char *note = NULL;
  const struct object *object = node->object;
  if (object)
    record = object->row.rows[0];
  record.cell[RECORD_DIGEST] = x->top_digest;
  record.cell[RECORD_PLATFORM] = node->platform;
  if (!object) {
    /* Not wanted: restrict_rows takes it away again. */
    record.cell[RECORD_STATUS] = row_status_name(node->error ? node->error->status : STATUS_OK);
    record.cell[RECORD_DETAIL] = node->error ? node->error->message : NULL;
  } else if (object->platform &&
             (!node->platform || platform_matches(node->platform, object->platform))) {
    record.cell[RECORD_PLATFORM] = object->platform;
  } else if (object->platform && !record.cell[RECORD_DETAIL] &&
             disagree(node->platform, object->platform)) {
    note = xasprintf("the index says %s, the config %s", node->platform, object->platform);
    record.cell[RECORD_DETAIL] = note;
  }
  record_set_add(rows, &record);
}

/* An index that is listed in two places has its rows in the first, wherever its answer found it:
   the order of answers must not show. */
static void emit(const struct expansion *x, const struct node *node, struct record_set *rows) {
  struct object *object = node->object;
  if (!object || object->kind == OBJECT_ROW) {
    emit_image(x, node, rows);
  } else if (object->kind == OBJECT_INDEX && !object->emitted) {
    object->emitted = true;
    for (size_t i = 0; i < object->node->child_count; i++)
      emit(x, object->node->children[i], rows);
  }
}

static void free_node(struct node *node) {
  for (size_t i = 0; i < node->child_count; i++)
    free_node(node->children[i]);
  free(node->children);
  free(node->platform);
  error_free(node->error);
  free(node);
}

static void free_expansion(struct expansion *x) {
  free_node(x->top);
  while (x->all_objects) {
    struct object *object = x->all_objects;
    x->all_objects = object->next;
    record_set_free(&object->row);
    free(object->digest);
    free(object->platform);
    free(object);
  }
  while (x->all_configs) {
    struct config *config = x->all_configs;
    x->all_configs = config->next;
    image_config_clear(&config->content);
    free(config->digest);
    free(config->message);
    free(config);
  }
  hashmap_free(x->objects);
  hashmap_free(x->configs);
  free(x->top_digest);
  free(x);
}

static void finish(struct expansion *x) {
  struct record_set all = RECORD_SET;
  emit(x, x->top, &all);
  if (all.count == 0) {
    /* No image anywhere: what the reference names is itself the artifact. */
    struct record record = x->top->object->row.rows[0];
    record.cell[RECORD_DIGEST] = x->top_digest;
    record.cell[RECORD_MANIFEST_DIGEST] = x->top_digest;
    record.cell[RECORD_STATUS] = status_name(STATUS_ARTIFACT);
    record.cell[RECORD_PLATFORMS] = "1";
    record_set_add(&all, &record);
  } else {
    /* Of what could not be read it is not known how many images it names. */
    cleanup(cleanup_free) char *platforms = xasprintf("%zu", all.count);
    const struct object *top = x->top->object;
    bool read = top->kind == OBJECT_INDEX || top->row.rows[0].cell[RECORD_MANIFEST_DIGEST];
    for (size_t i = 0; i < all.count; i++)
      record_set_cell(&all, i, RECORD_PLATFORMS, read ? platforms : NULL);
  }
  struct record_set rows = RECORD_SET;
  restrict_rows(x->options, &all, &rows);
  expand_done_fn *done = x->done;
  void *arg = x->arg;
  free_expansion(x);
  done(arg, &rows);
  record_set_free(&rows);
}

static void release(struct expansion *x) {
  if (--x->pending == 0)
    finish(x);
}

/* ---- configs ---- */

static void apply_config(struct object *object, const struct config *config) {
  const struct image_config *content = &config->content;
  struct expansion *x = object->expansion;
  if (config->status != STATUS_OK) {
    set_outcome(object, config->status, config->message);
    return;
  }
  if (content->diff_ids && (strlen(content->diff_ids) > EXPAND_LIST_MAX || x->kept > KEPT_MAX)) {
    set_outcome(object, STATUS_TOO_LARGE, "its config lists too many layers");
    return;
  }
  if (content->diff_ids)
    x->kept += strlen(content->diff_ids);
  set_cell(object, RECORD_CREATED, content->created);
  set_cell(object, RECORD_SETTINGS, content->settings);
  set_cell(object, RECORD_DIFF_IDS, content->diff_ids);
  if (content->platform)
    object->platform = xstrdup(content->platform);
}

static void config_came(void *arg, const struct expand_bytes *bytes) {
  struct config *config = arg;
  cleanup(cleanup_error) struct error *error = NULL;
  config->done = true;
  config->status = STATUS_OK;
  if (bytes->instead) {
    config->status = *bytes->instead;
    config->message = bytes->error ? xstrdup(bytes->error->message) : NULL;
  } else if (bytes->error) {
    /* That the config is not there is the image's defect, not its absence. */
    config->status = bytes->error->status;
    if (config->status == STATUS_NOT_FOUND)
      config->status = STATUS_SERVER_ERROR;
    config->message = xasprintf("its config: %s", bytes->error->message);
  } else if (image_config_parse(bytes->data, bytes->length, &config->content, &error) < 0) {
    config->status = error->status;
    config->message = xasprintf("its config: %s", error->message);
  }
  for (struct object *object = config->waiting; object; object = object->config_next)
    apply_config(object, config);
  config->waiting = NULL;
  release(config->expansion);
}

static void read_config(struct object *object, const struct descriptor *descriptor) {
  struct expansion *x = object->expansion;
  if (descriptor->size > (int64_t)IMAGE_CONFIG_MAX) {
    cleanup(cleanup_free) char *detail =
        xasprintf("its config has %" PRId64 " bytes, more than %u are not read", descriptor->size,
                  IMAGE_CONFIG_MAX);
    set_outcome(object, STATUS_TOO_LARGE, detail);
    return;
  }
  struct config *config = hashmap_get(x->configs, descriptor->digest);
  if (config && config->done) {
    apply_config(object, config);
    return;
  }
  if (config) {
    object->config_next = config->waiting;
    config->waiting = object;
    return;
  }
  config = xcalloc(1, sizeof *config);
  config->expansion = x;
  config->digest = xstrdup(descriptor->digest);
  config->waiting = object;
  config->next = x->all_configs;
  x->all_configs = config;
  hashmap_put(x->configs, config->digest, config);
  x->pending++;
  x->source->config(x->source->context, config->digest, config_came, config);
}

/* ---- manifests ---- */

static void open_node(struct expansion *x, struct node *node, const char *digest,
                      const struct expand_bytes *manifest);

/* Fills the cells that list layers. 0, or -1 when they are too long to be kept. */
static int set_layers(struct object *object, const struct manifest *manifest) {
  cleanup(strbuf_free) struct strbuf digests = STRBUF(EXPAND_LIST_MAX);
  cleanup(strbuf_free) struct strbuf sizes = STRBUF(EXPAND_LIST_MAX);
  for (size_t i = 0; i < manifest->layer_count; i++) {
    const struct descriptor *layer = &manifest->layers[i];
    if (i > 0) {
      strbuf_putc(&digests, ',');
      strbuf_putc(&sizes, ',');
    }
    strbuf_puts(&digests, layer->digest);
    strbuf_put_number(&sizes, (uint64_t)layer->size); /* no printf: for each layer there is */
  }
  struct expansion *x = object->expansion;
  if (digests.overflow || sizes.overflow || x->kept > KEPT_MAX)
    return -1;
  x->kept += digests.length;
  if (manifest->layer_count > 0) {
    set_cell(object, RECORD_LAYERS, strbuf_str(&digests));
    set_cell(object, RECORD_LAYER_SIZES, strbuf_str(&sizes));
  }
  return 0;
}

static void take_manifest(struct object *object, const struct manifest *manifest) {
  object->kind = manifest->kind == MANIFEST_ARTIFACT ? OBJECT_ARTIFACT : OBJECT_ROW;
  set_cell(object, RECORD_MEDIA_TYPE, manifest->media_type);
  if (manifest->kind == MANIFEST_SCHEMA1) {
    set_outcome(object, STATUS_LEGACY, NULL);
    return;
  }
  set_outcome(object, manifest->kind == MANIFEST_ARTIFACT ? STATUS_ARTIFACT : STATUS_OK, NULL);
  set_cell(object, RECORD_CONFIG_DIGEST, manifest->config.digest);
  int64_t size = manifest_size(manifest);
  if (size >= 0) {
    cleanup(cleanup_free) char *text = xasprintf("%" PRId64, size);
    set_cell(object, RECORD_SIZE, text);
  }
  if (set_layers(object, manifest) < 0) {
    cleanup(cleanup_free) char *detail =
        xasprintf("it has %zu layers, too many to be told", manifest->layer_count);
    object->kind = OBJECT_ROW;
    set_outcome(object, STATUS_TOO_LARGE, detail);
    return;
  }
  if (manifest->kind == MANIFEST_IMAGE && object->expansion->options->configs)
    read_config(object, &manifest->config);
}

static bool is_manifest_type(const char *media_type) {
  for (const char *const *type = manifest_media_types; *type; type++)
    if (strcmp(*type, media_type) == 0)
      return true;
  return false;
}

static bool is_index_type(const char *media_type) {
  return strcmp(media_type, MEDIA_TYPE_OCI_INDEX) == 0 ||
         strcmp(media_type, MEDIA_TYPE_DOCKER_LIST) == 0;
}

static struct node *new_node(struct expansion *x, struct node *parent) {
  struct node *node = xcalloc(1, sizeof *node);
  node->parent = parent;
  node->depth = parent ? parent->depth + 1 : 1;
  if (parent) {
    parent->children = xgrow(parent->children, parent->child_count, &parent->child_capacity,
                             sizeof(struct node *));
    parent->children[parent->child_count++] = node;
    x->manifests++;
  }
  return node;
}

/* Places for what the index lists, and the digest of each in DIGESTS (borrowed from MANIFEST; NULL
   for what will not be asked for). */
static void add_children(struct expansion *x, struct node *node, const struct manifest *manifest,
                         const char **digests) {
  struct hashmap *seen = hashmap_new(); /* the first child of each digest */
  for (size_t i = 0; i < manifest->entry_count; i++) {
    const struct descriptor *entry = &manifest->entries[i];
    if (entry->attestation || (entry->media_type && !is_manifest_type(entry->media_type)))
      continue;
    const char *platform = entry->platform;
    if (platform && strcmp(platform, "unknown/unknown") == 0)
      platform = NULL;
    struct node *twin = hashmap_get(seen, entry->digest);
    bool repeated = false;
    for (size_t j = 0; twin && !repeated && j < node->child_count; j++) {
      struct node *child = node->children[j];
      if (!digests[j] || strcmp(digests[j], entry->digest) != 0)
        continue;
      repeated = !platform || !child->platform || strcmp(child->platform, platform) == 0;
      if (repeated && !child->platform && platform)
        child->platform = xstrdup(platform);
    }
    if (repeated)
      continue;
    struct node *child = new_node(x, node);
    digests[node->child_count - 1] = entry->digest;
    if (!twin)
      hashmap_put(seen, entry->digest, child);
    child->platform = platform ? xstrdup(platform) : NULL;
    if (x->manifests > EXPAND_MANIFESTS_MAX) {
      error_set(&child->error, STATUS_TOO_LARGE,
                "it names more than %d manifests; the others "
                "were not read",
                EXPAND_MANIFESTS_MAX);
      digests[node->child_count - 1] = NULL;
      break;
    }
    for (const struct node *above = node; above; above = above->parent)
      if (strcmp(above->object->digest, entry->digest) == 0)
        error_set(&child->error, STATUS_BAD_MANIFEST, "the index %s lists itself", entry->digest);
  }
  hashmap_free(seen);
}

static void take_index(struct object *object, const struct manifest *manifest) {
  struct expansion *x = object->expansion;
  struct node *node = object->node;
  set_cell(object, RECORD_MEDIA_TYPE, manifest->media_type);
  if (node->depth > EXPAND_DEPTH_MAX) {
    cleanup(cleanup_free) char *detail =
        xasprintf("indexes are nested more than %d deep", EXPAND_DEPTH_MAX);
    object->kind = OBJECT_ROW;
    set_outcome(object, STATUS_BAD_MANIFEST, detail);
    return;
  }
  object->kind = OBJECT_INDEX;
  const char **digests = xcalloc(manifest->entry_count + 1, sizeof *digests);
  add_children(x, node, manifest, digests);
  for (size_t i = 0; i < node->child_count; i++) {
    struct node *child = node->children[i];
    if (!child->error && platform_is_wanted(x->options->platforms, child->platform))
      open_node(x, child, digests[i], NULL);
  }
  free(digests);
}

static void manifest_came(void *arg, const struct expand_bytes *bytes) {
  struct object *object = arg;
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(manifest_clear) struct manifest manifest = MANIFEST;
  if (bytes->instead) {
    object->kind = OBJECT_ROW;
    set_cell(object, RECORD_MEDIA_TYPE, bytes->media_type);
    set_outcome(object, *bytes->instead, bytes->error ? bytes->error->message : NULL);
  } else if (bytes->error) {
    object->kind = OBJECT_ROW;
    set_outcome(object, bytes->error->status, bytes->error->message);
  } else if (manifest_parse(bytes->data, bytes->length, bytes->media_type, &manifest, &error) < 0) {
    object->kind = OBJECT_ROW;
    set_outcome(object, error->status, error->message);
  } else if (manifest.kind == MANIFEST_INDEX) {
    take_index(object, &manifest);
  } else {
    take_manifest(object, &manifest);
  }
  /* What could not be read may be an index: then it is not the manifest of a platform. */
  const char *media_type = object->row.rows[0].cell[RECORD_MEDIA_TYPE];
  if (object->node == object->expansion->top && (!media_type || is_index_type(media_type)))
    set_cell(object, RECORD_MANIFEST_DIGEST, NULL);
  release(object->expansion);
}

/* Takes the row of the manifest from what is known. Not when it was met with another platform than
   this place's: its platform and note are of that place. */
static bool take_known(struct object *object) {
  const struct expand_options *options = object->expansion->options;
  const char *wanted = object->node->platform;
  struct record row;
  if (!options->known || !known_manifest(options->known, object->digest, options->configs, &row))
    return false;
  const char *platform = row.cell[RECORD_PLATFORM];
  bool alone = strcmp(row.cell[RECORD_DIGEST], row.cell[RECORD_MANIFEST_DIGEST]) == 0;
  if (record_status(&row) == STATUS_OK) {
    if (wanted ? !platform || !platform_matches(wanted, platform)
               : !alone && row.cell[RECORD_DETAIL])
      return false;
  }
  object->kind = record_status(&row) == STATUS_ARTIFACT ? OBJECT_ARTIFACT : OBJECT_ROW;
  object->platform = platform ? xstrdup(platform) : NULL;
  record_set_free(&object->row);
  record_set_add(&object->row, &row);
  return true;
}

/* Gets what stands at NODE, unless its digest was asked for already. */
static void open_node(struct expansion *x, struct node *node, const char *digest,
                      const struct expand_bytes *manifest) {
  node->object = hashmap_get(x->objects, digest);
  if (node->object)
    return;
  struct object *object = xcalloc(1, sizeof *object);
  object->expansion = x;
  object->digest = xstrdup(digest);
  object->node = node;
  object->next = x->all_objects;
  x->all_objects = object;
  node->object = object;
  hashmap_put(x->objects, object->digest, object);
  struct record row = {.cell = {NULL}};
  row.cell[RECORD_MANIFEST_DIGEST] = digest;
  record_set_add(&object->row, &row);
  if (take_known(object))
    return;
  x->pending++;
  if (manifest)
    manifest_came(object, manifest);
  else
    x->source->manifest(x->source->context, object->digest, manifest_came, object);
}

void expand(const struct expand_source *source, const struct expand_options *options,
            const char *digest, const struct expand_bytes *manifest, expand_done_fn *done,
            void *arg) {
  struct record_set rows = RECORD_SET;
  if (expand_known(options, digest, &rows)) {
    done(arg, &rows);
    record_set_free(&rows);
    return;
  }
  struct expansion *x = xcalloc(1, sizeof *x);
  x->source = source;
  x->options = options;
  x->done = done;
  x->arg = arg;
  x->top_digest = xstrdup(digest);
  x->objects = hashmap_new();
  x->configs = hashmap_new();
  x->pending = 1;
  x->top = new_node(x, NULL);
  open_node(x, x->top, x->top_digest, manifest);
  release(x);
}
