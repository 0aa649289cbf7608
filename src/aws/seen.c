#include <config.h>

#include "aws/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/xalloc.h"

enum {
  WORDS = 2,            /* of a key */
  WORD_DIGITS = 16,     /* of a word */
  TAGS_MAX = 0xfffffff, /* of all; later ones are taken for new */
  SLOTS_MIN = 64
};

struct entry {
  uint32_t key[2 * WORDS]; /* two halves a word, so that nothing is lost to alignment */
  uint32_t flags : 4;
  uint32_t tags : 28; /* where its first one is, from 1; 0: none */
};

/* The low bit of a tag's hash says that it is its image's last. */
#define LAST UINT64_C(1)

struct seen {
  struct entry *entries;
  size_t count, capacity;
  uint32_t *slots;   /* number of an entry, from 1; 0: free */
  size_t slot_count; /* a power of two */
  unsigned shift;
  uint64_t *tags;
  size_t tag_count, tag_capacity;
  uint64_t factors[WORDS]; /* random: a listing cannot choose its collisions */
};

static uint64_t word(const char *digits) {
  uint64_t value = 0;
  for (size_t i = 0; i < WORD_DIGITS; i++)
    value = value << 4 | (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
  return value;
}

static void key_of(const char *digest, uint32_t key[2 * WORDS]) {
  const char *digits = strchr(digest, ':') + 1;
  for (size_t i = 0; i < WORDS; i++) {
    uint64_t value = word(digits + i * WORD_DIGITS);
    key[2 * i] = (uint32_t)(value >> 32);
    key[2 * i + 1] = (uint32_t)value;
  }
}

/* Where the search for KEY begins: multiply-shift over a vector (Dietzfelbinger). */
static size_t home(const struct seen *seen, const uint32_t *key) {
  uint64_t sum = 0;
  for (size_t i = 0; i < WORDS; i++)
    sum += ((uint64_t)key[2 * i] << 32 | key[2 * i + 1]) * seen->factors[i];
  return (size_t)(sum >> seen->shift);
}

/* The slot of KEY, or the free one where it goes. */
static uint32_t *find(const struct seen *seen, const uint32_t *key) {
  size_t at = home(seen, key);
  while (seen->slots[at] > 0 &&
         memcmp(seen->entries[seen->slots[at] - 1].key, key, sizeof seen->entries->key) != 0)
    at = (at + 1) & (seen->slot_count - 1);
  return &seen->slots[at];
}

static void set_slots(struct seen *seen, size_t count) {
  free(seen->slots);
  seen->slots = xcalloc(count, sizeof *seen->slots);
  seen->slot_count = count;
  seen->shift = 64;
  for (; count > 1; count /= 2)
    seen->shift--;
  for (size_t i = 0; i < seen->count; i++)
    *find(seen, seen->entries[i].key) = (uint32_t)i + 1;
}

struct seen *seen_new(void) {
  struct seen *seen = xcalloc(1, sizeof *seen);
  /* Without a random number the table is as right, and an attack on it slow. */
  if (RAND_bytes((unsigned char *)seen->factors, sizeof seen->factors) != 1)
    memset(seen->factors, 0x5b, sizeof seen->factors);
  for (size_t i = 0; i < WORDS; i++)
    seen->factors[i] |= 1;
  set_slots(seen, SLOTS_MIN);
  return seen;
}

unsigned seen_flags(const struct seen *seen, const char *digest) {
  uint32_t key[2 * WORDS];
  key_of(digest, key);
  uint32_t number = *find(seen, key);
  return number > 0 ? seen->entries[number - 1].flags : 0;
}

static struct entry *entry_of(struct seen *seen, const char *digest) {
  uint32_t key[2 * WORDS];
  key_of(digest, key);
  uint32_t *slot = find(seen, key);
  if (*slot == 0) {
    seen->entries = xgrow(seen->entries, seen->count, &seen->capacity, sizeof *seen->entries);
    struct entry *entry = &seen->entries[seen->count++];
    *entry = (struct entry){.flags = 0};
    memcpy(entry->key, key, sizeof key);
    *slot = (uint32_t)seen->count;
    if (seen->count > seen->slot_count / 4 * 3)
      set_slots(seen, 2 * seen->slot_count);
    return entry;
  }
  return &seen->entries[*slot - 1];
}

void seen_mark(struct seen *seen, const char *digest, unsigned flags) {
  struct entry *entry = entry_of(seen, digest);
  entry->flags = (entry->flags | flags) & 0xf;
}

/* FNV-1a. Who makes two tags of an image collide hides one of his own. */
static uint64_t hash(const char *text) {
  uint64_t value = UINT64_C(0xcbf29ce484222325);
  for (; *text; text++)
    value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return value & ~LAST;
}

static void append_tag(struct seen *seen, uint64_t tag) {
  seen->tags = xgrow(seen->tags, seen->tag_count, &seen->tag_capacity, sizeof *seen->tags);
  seen->tags[seen->tag_count++] = tag;
}

bool seen_tag(struct seen *seen, const char *digest, const char *tag) {
  struct entry *entry = entry_of(seen, digest);
  if (seen->tag_count >= TAGS_MAX / 2)
    return true;
  uint64_t value = hash(tag);
  size_t first = entry->tags, end = first;
  size_t new_first = seen->tag_count + 1;
  if (first > 0) {
    do {
      if ((seen->tags[end - 1] & ~LAST) == value)
        return false;
    } while (!(seen->tags[end++ - 1] & LAST));
    /* Those of an image stand together: at the end of all, where there is room for one more. */
    if (end - 1 < seen->tag_count) {
      entry->tags = new_first & TAGS_MAX;
      for (size_t i = first; i < end; i++)
        append_tag(seen, seen->tags[i - 1]);
    }
    seen->tags[seen->tag_count - 1] &= ~LAST;
  } else {
    entry->tags = new_first & TAGS_MAX;
  }
  append_tag(seen, value | LAST);
  return true;
}

void seen_free(struct seen *seen) {
  if (!seen)
    return;
  free(seen->entries);
  free(seen->slots);
  free(seen->tags);
  free(seen);
}
