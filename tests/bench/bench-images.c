#include <config.h>

#include "bench-images.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#define OCI "application/vnd.oci.image."
#define PREFIX "sha256:"

enum { HASH = SHA256_DIGEST_LENGTH, HEX = 2 * SHA256_DIGEST_LENGTH };

struct images {
  struct images_shape shape;
  size_t listed; /* in a repository */
  unsigned char (*digests)[HASH];
  unsigned char (*configs)[HASH];
  uint32_t *by_digest, *by_config; /* of each repository, sorted */
};

/* ---- text ---- */

static void *grown(void *memory, size_t size) {
  void *result = realloc(memory, size);
  if (!result) {
    (void)fputs("bench-server: memory is out\n", stderr);
    exit(2);
  }
  return result;
}

static void need(struct text *text, size_t length) {
  if (text->capacity - text->length > length)
    return;
  text->capacity = 2 * (text->length + length) + 4096;
  text->data = grown(text->data, text->capacity);
}

void text_put(struct text *text, const char *data, size_t length) {
  need(text, length);
  memcpy(text->data + text->length, data, length);
  text->length += length;
}

void text_puts(struct text *text, const char *string) {
  text_put(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...) {
  enum { LONGEST = 2048 };
  need(text, LONGEST);
  va_list arguments;
  va_start(arguments, format);
  text->length += (size_t)vsnprintf(text->data + text->length, LONGEST, format, arguments);
  va_end(arguments);
}

static void put_hash(struct text *out, const unsigned char *hash) {
  static const char digits[] = "0123456789abcdef";
  need(out, sizeof PREFIX + HEX);
  memcpy(out->data + out->length, PREFIX, sizeof PREFIX - 1);
  char *at = out->data + out->length + sizeof PREFIX - 1;
  for (size_t i = 0; i < HASH; i++) {
    *at++ = digits[hash[i] >> 4];
    *at++ = digits[hash[i] & 15];
  }
  out->length += sizeof PREFIX - 1 + HEX;
}

static int nibble(char digit) {
  return digit >= '0' && digit <= '9'   ? digit - '0'
         : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                        : -1;
}

static bool read_hash(const char *digest, size_t length, unsigned char *hash) {
  if (length != sizeof PREFIX - 1 + HEX || strncmp(digest, PREFIX, sizeof PREFIX - 1) != 0)
    return false;
  digest += sizeof PREFIX - 1;
  for (size_t i = 0; i < HASH; i++) {
    int high = nibble(digest[2 * i]), low = nibble(digest[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    hash[i] = (unsigned char)(high << 4 | low);
  }
  return true;
}

/* ---- which image is what ---- */

/* An index and its children are numbered one behind the other. */
static size_t family(const struct images *images) {
  return images->shape.children + 1;
}

bool images_is_index(const struct images *images, size_t image) {
  return images->shape.children > 0 && image % family(images) == 0;
}

static bool is_tagged(const struct images *images, size_t image) {
  return image % family(images) == 0;
}

size_t images_repositories(const struct images *images) {
  return images->shape.repositories;
}

size_t images_listed(const struct images *images) {
  return images->listed;
}

size_t images_count(const struct images *images) {
  return images->shape.repositories * images->listed;
}

const char *images_media_type(const struct images *images, size_t image) {
  return images_is_index(images, image) ? OCI "index.v1+json" : OCI "manifest.v1+json";
}

void images_name(size_t repository, char name[NAME_SIZE]) {
  (void)snprintf(name, NAME_SIZE, "team-%04zu/service-%07zu", repository / 100 % 10000,
                 repository % 10000000);
}

size_t images_repository(const struct images *images, const char *name, size_t length) {
  enum { DIGITS = 7 };
  char right[NAME_SIZE], digits[DIGITS + 1] = "";
  if (length <= DIGITS)
    return SIZE_MAX;
  memcpy(digits, name + length - DIGITS, DIGITS);
  size_t repository = strtoul(digits, NULL, 10);
  if (repository >= images->shape.repositories)
    return SIZE_MAX;
  images_name(repository, right);
  return strlen(right) == length && memcmp(right, name, length) == 0 ? repository : SIZE_MAX;
}

/* What the bytes of an image are made from: its place in its repository, whatever there is behind
   it. */
static uint64_t seed(const struct images *images, size_t image) {
  return (uint64_t)(image / images->listed) << 36 ^ image % images->listed;
}

static const char *architecture(const struct images *images, size_t image) {
  static const char *const all[] = {"amd64", "arm64", "ppc64le", "s390x", "riscv64", "386"};
  size_t child = image % family(images);
  return all[child > 0 ? (child - 1) % (sizeof all / sizeof *all) : 0];
}

/* A digest of bytes that nobody asks for (SplitMix64's sequence, Steele et al. 2014). */
static void put_other(struct text *out, uint64_t from) {
  unsigned char hash[HASH];
  for (size_t i = 0; i < HASH / sizeof from; i++) {
    uint64_t bits = from += UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    bits ^= bits >> 31;
    memcpy(hash + i * sizeof bits, &bits, sizeof bits);
  }
  put_hash(out, hash);
}

/* ---- bytes ---- */

void images_put_config(const struct images *images, size_t image, struct text *out) {
  uint64_t from = seed(images, image);
  text_format(out,
              "{\"architecture\":\"%s\",\"os\":\"linux\",\"created\":\"2026-01-02T03:04:05Z\","
              "\"config\":{\"Env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
              "/sbin:/bin\",\"APP=%zu\"],\"Cmd\":[\"/usr/bin/serve\",\"--listen=8080\"],"
              "\"WorkingDir\":\"/srv\",\"ExposedPorts\":{\"8080/tcp\":{}}},\"rootfs\":{\"type\":"
              "\"layers\",\"diff_ids\":[",
              architecture(images, image), (size_t)from);
  for (size_t i = 0; i < images->shape.layers; i++) {
    text_puts(out, i > 0 ? ",\"" : "\"");
    put_other(out, from << 8 ^ i ^ UINT64_C(1) << 63);
    text_puts(out, "\"");
  }
  text_puts(out, "]},\"history\":[");
  for (size_t i = 0; i < images->shape.layers; i++)
    text_format(out,
                "%s{\"created\":\"2026-01-02T03:04:05Z\",\"created_by\":\"RUN /bin/sh -c make "
                "install # buildkit\",\"comment\":\"buildkit.dockerfile.v0\"}",
                i > 0 ? "," : "");
  text_puts(out, "]}");
}

/* As BuildKit writes them, indented. */
static void put_manifest(const struct images *images, size_t image, struct text *out) {
  struct text config = {NULL, 0, 0};
  images_put_config(images, image, &config);
  size_t size = config.length;
  free(config.data);
  text_format(out, "{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"" OCI
                   "manifest.v1+json\",\n  \"config\": {\n    \"mediaType\": \"" OCI
                   "config.v1+json\",\n    \"digest\": \"");
  put_hash(out, images->configs[image]);
  text_format(out, "\",\n    \"size\": %zu\n  },\n  \"layers\": [", size);
  for (size_t i = 0; i < images->shape.layers; i++) {
    text_format(
        out, "%s\n    {\n      \"mediaType\": \"" OCI "layer.v1.tar+gzip\",\n      \"digest\": \"",
        i > 0 ? "," : "");
    put_other(out, seed(images, image) << 8 ^ i);
    text_format(out, "\",\n      \"size\": %zu\n    }", 1000003 * (i + 1));
  }
  text_puts(out, "\n  ]\n}");
}

static void put_index(const struct images *images, size_t index, struct text *out) {
  struct text manifest = {NULL, 0, 0};
  text_puts(out, "{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"" OCI
                 "index.v1+json\",\n  \"manifests\": [");
  for (size_t child = index + 1; child < index + family(images); child++) {
    manifest.length = 0;
    put_manifest(images, child, &manifest);
    text_format(out,
                "%s\n    {\n      \"mediaType\": \"" OCI "manifest.v1+json\",\n"
                "      \"digest\": \"",
                child > index + 1 ? "," : "");
    put_hash(out, images->digests[child]);
    text_format(out,
                "\",\n      \"size\": %zu,\n      \"platform\": {\n        \"architecture\": "
                "\"%s\",\n        \"os\": \"linux\"\n      }\n    }",
                manifest.length, architecture(images, child));
  }
  text_puts(out, "\n  ]\n}");
  free(manifest.data);
}

void images_put_manifest(const struct images *images, size_t image, bool escaped,
                         struct text *out) {
  struct text plain = {NULL, 0, 0};
  struct text *text = escaped ? &plain : out;
  if (images_is_index(images, image))
    put_index(images, image, text);
  else
    put_manifest(images, image, text);
  if (!escaped)
    return;
  need(out, 2 * plain.length);
  char *at = out->data + out->length;
  for (size_t i = 0; i < plain.length; i++) {
    char byte = plain.data[i];
    if (byte == '"' || byte == '\n')
      *at++ = '\\';
    *at++ = byte == '\n' ? 'n' : byte;
  }
  out->length = (size_t)(at - out->data);
  free(plain.data);
}

void images_put_digest(const struct images *images, size_t image, struct text *out) {
  put_hash(out, images->digests[image]);
}

void images_put_tags(const struct images *images, size_t image, struct text *out) {
  if (is_tagged(images, image))
    text_format(out, "\"imageTags\":[\"v1.%zu\"],", image % images->listed / family(images));
}

/* ---- finding ---- */

size_t images_at(const struct images *images, size_t repository, size_t place) {
  return images->by_digest[repository * images->listed + place];
}

static size_t find(const struct images *images, size_t repository, const uint32_t *sorted,
                   unsigned char (*hashes)[HASH], const char *digest, size_t length) {
  unsigned char hash[HASH];
  if (!read_hash(digest, length, hash))
    return SIZE_MAX;
  sorted += repository * images->listed;
  size_t low = 0, high = images->listed;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = memcmp(hash, hashes[sorted[middle]], HASH);
    if (order == 0)
      return sorted[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return SIZE_MAX;
}

size_t images_find(const struct images *images, size_t repository, const char *digest,
                   size_t length) {
  return find(images, repository, images->by_digest, images->digests, digest, length);
}

size_t images_find_config(const struct images *images, size_t repository, const char *digest,
                          size_t length) {
  return find(images, repository, images->by_config, images->configs, digest, length);
}

/* ---- making ---- */

static int by_hash(const void *a, const void *b, void *hashes) {
  unsigned char(*of)[HASH] = hashes;
  return memcmp(of[*(const uint32_t *)a], of[*(const uint32_t *)b], HASH);
}

static uint32_t *sorted(const struct images *images, unsigned char (*hashes)[HASH]) {
  uint32_t *all = grown(NULL, (images_count(images) + 1) * sizeof *all);
  for (size_t i = 0; i < images_count(images); i++)
    all[i] = (uint32_t)i;
  for (size_t i = 0; i < images->shape.repositories; i++)
    qsort_r(all + i * images->listed, images->listed, sizeof *all, by_hash, hashes);
  return all;
}

static void hash_one(const struct images *images, size_t image, struct text *text) {
  text->length = 0;
  if (!images_is_index(images, image)) {
    images_put_config(images, image, text);
    SHA256((const unsigned char *)text->data, text->length, images->configs[image]);
    text->length = 0;
  }
  images_put_manifest(images, image, false, text);
  SHA256((const unsigned char *)text->data, text->length, images->digests[image]);
}

struct images *images_new(const struct images_shape *shape) {
  struct images *images = grown(NULL, sizeof *images);
  *images = (struct images){.shape = *shape, .listed = shape->images * (shape->children + 1)};
  size_t count = images_count(images);
  images->digests = grown(NULL, (count + 1) * HASH);
  images->configs = grown(NULL, (count + 1) * HASH);
  memset(images->configs, 0, (count + 1) * HASH);
  struct text text = {NULL, 0, 0};
  /* Children first: an index holds their digests. */
  for (size_t i = count; i > 0; i--)
    hash_one(images, i - 1, &text);
  free(text.data);
  images->by_digest = sorted(images, images->digests);
  images->by_config = sorted(images, images->configs);
  return images;
}
