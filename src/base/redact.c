#include <config.h>

#include "base/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/xalloc.h"

enum {
  /* Four bytes of a secret, by which it is found. With one at every STRIDE-th byte, each run of
     PART_MIN bytes holds one whole. */
  ANCHOR = 4,
  STRIDE = 8,
  WORD_MAX = 8,  /* shorter ones only between what is no letter or digit */
  PARTS_OF = 16, /* parts are looked for of secrets as long as this */
  PART_MIN = 12,
  DATA_OF = 20, /* the same in data */
  DATA_PART_MIN = 32,
  DEPTH = 3, /* of nested encodings */
  ENCODED_MIN = 6,
  GENERATION = 2048
};

_Static_assert(ANCHOR + STRIDE - 1 <= PART_MIN, "a part could have no anchor in it");

/* Steps of one search; what a server sends must not hold the run. */
#define BUDGET_MAX (64L * 1024 * 1024)

#define NONE UINT32_MAX

struct anchor {
  uint32_t secret;
  uint32_t offset;
  uint32_t next; /* with the same hash; NONE: the last */
};

/* Secrets that were added at about the same time. */
struct generation {
  struct hashmap *known;
  char **secrets;
  size_t *lengths;
  size_t count;
  struct anchor *anchors;
  size_t anchor_count;
  size_t anchor_capacity;
  uint32_t *heads; /* by hash; a power of two of them */
  size_t head_count;
};

struct redactor {
  struct generation *young;
  struct generation *old; /* NULL: none yet */
};

/* ---- the secrets ---- */

static unsigned char fold(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The ANCHOR bytes that end at END, from those that end one before. */
static uint32_t roll(uint32_t bytes, const char *end) {
  return bytes << 8 | fold(*end);
}

static uint32_t hash(uint32_t bytes) {
  return bytes * 2654435761u >> 7;
}

static uint32_t bytes_at(const char *at) {
  uint32_t bytes = 0;
  for (int i = 0; i < ANCHOR; i++)
    bytes = roll(bytes, at + i);
  return bytes;
}

static struct generation *generation_new(void) {
  struct generation *generation = xcalloc(1, sizeof *generation);
  generation->known = hashmap_new();
  generation->secrets = xcalloc(GENERATION, sizeof *generation->secrets);
  generation->lengths = xcalloc(GENERATION, sizeof *generation->lengths);
  return generation;
}

static void generation_free(struct generation *generation) {
  if (!generation)
    return;
  hashmap_free(generation->known);
  for (size_t i = 0; i < generation->count; i++) {
    OPENSSL_cleanse(generation->secrets[i], generation->lengths[i]);
    free(generation->secrets[i]);
  }
  free(generation->secrets);
  free(generation->lengths);
  free(generation->anchors);
  free(generation->heads);
  free(generation);
}

static void link_anchor(struct generation *generation, uint32_t index) {
  struct anchor *anchor = &generation->anchors[index];
  const char *at = generation->secrets[anchor->secret] + anchor->offset;
  size_t head = hash(bytes_at(at)) & (generation->head_count - 1);
  anchor->next = generation->heads[head];
  generation->heads[head] = index;
}

static void add_anchor(struct generation *generation, size_t offset) {
  generation->anchors = xgrow(generation->anchors, generation->anchor_count,
                              &generation->anchor_capacity, sizeof *generation->anchors);
  generation->anchors[generation->anchor_count++] =
      (struct anchor){.secret = (uint32_t)generation->count, .offset = (uint32_t)offset};
  if (generation->anchor_count <= generation->head_count) {
    link_anchor(generation, (uint32_t)generation->anchor_count - 1);
    return;
  }
  generation->head_count = generation->head_count ? 4 * generation->head_count : 256;
  free(generation->heads);
  generation->heads = xmalloc(generation->head_count * sizeof *generation->heads);
  for (size_t i = 0; i < generation->head_count; i++)
    generation->heads[i] = NONE;
  for (uint32_t i = 0; i < generation->anchor_count; i++)
    link_anchor(generation, i);
}

struct redactor *redactor_new(void) {
  struct redactor *redactor = xcalloc(1, sizeof *redactor);
  redactor->young = generation_new();
  return redactor;
}

void redactor_add(struct redactor *redactor, const char *secret) {
  size_t length = strlen(secret);
  if (length < REDACT_MIN || hashmap_get(redactor->young->known, secret))
    return;
  if (redactor->young->count == GENERATION) {
    generation_free(redactor->old);
    redactor->old = redactor->young;
    redactor->young = generation_new();
  }
  struct generation *generation = redactor->young;
  char *copy = xstrdup(secret);
  generation->secrets[generation->count] = copy;
  generation->lengths[generation->count] = length;
  add_anchor(generation, 0);
  for (size_t offset = STRIDE; length >= PARTS_OF && offset + ANCHOR <= length; offset += STRIDE)
    add_anchor(generation, offset);
  generation->count++;
  hashmap_put(generation->known, copy, copy);
}

void redactor_free(struct redactor *redactor) {
  if (!redactor)
    return;
  generation_free(redactor->young);
  generation_free(redactor->old);
  free(redactor);
}

/* ---- searching ---- */

/* One search: what for, and what of the budget is left. */
struct search {
  const struct redactor *redactor;
  bool data;
  long budget;
};

/* How many bytes of a secret of LENGTH must be there in a row; SIZE_MAX: it does not matter. */
static size_t needed(const struct search *search, size_t length) {
  if (search->data)
    return length < DATA_OF ? SIZE_MAX : length < DATA_PART_MIN ? length : DATA_PART_MIN;
  return length < PARTS_OF ? length : PART_MIN;
}

static bool is_alnum(char c) {
  unsigned char folded = fold(c);
  return (folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9') || folded >= 0x80;
}

struct span {
  size_t start;
  size_t end;
};

/* The run around position AT of TEXT that the secret of ANCHOR has too; false when it is none that
   matters. */
static bool match(struct search *search, const struct generation *generation,
                  const struct anchor *anchor, const char *text, size_t length, size_t at,
                  struct span *span) {
  const char *secret = generation->secrets[anchor->secret];
  size_t secret_length = generation->lengths[anchor->secret];
  size_t left = 0;
  while (left < at && left < anchor->offset &&
         fold(text[at - left - 1]) == fold(secret[anchor->offset - left - 1]))
    left++;
  size_t right = 0;
  while (at + right < length && anchor->offset + right < secret_length &&
         fold(text[at + right]) == fold(secret[anchor->offset + right]))
    right++;
  search->budget -= (long)(left + right);
  if (right < ANCHOR || left + right < needed(search, secret_length))
    return false;
  *span = (struct span){at - left, at + right};
  return secret_length >= WORD_MAX || ((span->start == 0 || !is_alnum(text[span->start - 1])) &&
                                       (span->end == length || !is_alnum(text[span->end])));
}

/* The first anchor that may be BYTES; NONE: there is none. */
static inline uint32_t first_of(const struct generation *generation, uint32_t bytes) {
  return generation && generation->head_count > 0
             ? generation->heads[hash(bytes) & (generation->head_count - 1)]
             : NONE;
}

/* Widens *SPAN by what is at position AT, by the anchors from INDEX on. */
static void look(struct search *search, const struct generation *generation, uint32_t index,
                 const char *text, size_t length, size_t at, struct span *span) {
  for (; index != NONE && search->budget > 0; index = generation->anchors[index].next) {
    struct span found;
    search->budget--;
    if (!match(search, generation, &generation->anchors[index], text, length, at, &found))
      continue;
    if (found.start < span->start)
      span->start = found.start;
    if (found.end > span->end)
      span->end = found.end;
  }
}

/* The first run from FROM on that must go, together with those that overlap it. */
static bool find(struct search *search, const char *text, size_t length, size_t from,
                 struct span *span) {
  *span = (struct span){SIZE_MAX, 0};
  if (length < ANCHOR || from > length - ANCHOR)
    return false;
  const struct generation *young = search->redactor->young, *old = search->redactor->old;
  uint32_t bytes = bytes_at(text + from);
  for (size_t at = from; search->budget > 0; at++) {
    if (span->end > 0 && at > span->end)
      break;
    search->budget--;
    uint32_t index = first_of(young, bytes);
    if (index != NONE)
      look(search, young, index, text, length, at, span);
    index = first_of(old, bytes);
    if (index != NONE)
      look(search, old, index, text, length, at, span);
    if (at + ANCHOR >= length)
      break;
    bytes = roll(bytes, text + at + ANCHOR);
  }
  if (span->end > 0 && span->start < from)
    span->start = from;
  return span->end > 0;
}

/* ---- encodings ---- */

static int hex_value(char c) {
  unsigned char folded = fold(c);
  if (folded >= '0' && folded <= '9')
    return folded - '0';
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '+' || c == '-')
    return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

/* Reads up to COUNT hex digits at TEXT into *code; how many there were. */
static size_t read_hex(const char *text, size_t length, size_t count, unsigned *code) {
  size_t used = 0;
  *code = 0;
  for (; used < count && used < length && hex_value(text[used]) >= 0; used++)
    *code = *code << 4 | (unsigned)hex_value(text[used]);
  return used;
}

/* &#NN; &#xNN; and the five names of XML. Bytes used, 0: no entity. */
static size_t read_entity(const char *text, size_t length, char *byte) {
  static const struct {
    const char *name;
    char byte;
  } names[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t name = strlen(names[i].name);
    if (length >= name && memcmp(text, names[i].name, name) == 0) {
      *byte = names[i].byte;
      return name;
    }
  }
  if (length < 4 || text[1] != '#')
    return 0;
  unsigned code = 0;
  size_t at = 2;
  if (text[2] == 'x' || text[2] == 'X') {
    at = 3 + read_hex(text + 3, length - 3, 6, &code);
    if (at == 3)
      return 0;
  } else {
    for (; at < length && at < 9 && text[at] >= '0' && text[at] <= '9'; at++)
      code = code * 10 + (unsigned)(text[at] - '0');
    if (at == 2)
      return 0;
  }
  if (at >= length || text[at] != ';')
    return 0;
  *byte = (char)code;
  return at + 1;
}

/* One byte of TEXT without its escape. Bytes used. */
static size_t read_escaped(const char *text, size_t length, char *byte) {
  unsigned code;
  *byte = text[0];
  if (text[0] == '%' && read_hex(text + 1, length - 1, 2, &code) == 2) {
    *byte = (char)code;
    return 3;
  }
  if (text[0] == '\\' && length >= 2) {
    if (text[1] == 'u' && read_hex(text + 2, length - 2, 4, &code) == 4) {
      *byte = (char)code;
      return 6;
    }
    if (text[1] == 'x' && read_hex(text + 2, length - 2, 2, &code) == 2) {
      *byte = (char)code;
      return 4;
    }
    static const char letters[] = "bfnrt";
    const char *letter = strchr(letters, text[1]);
    *byte = letter && *letter ? "\b\f\n\r\t"[letter - letters] : text[1];
    return 2;
  }
  size_t used = text[0] == '&' ? read_entity(text, length, byte) : 0;
  return used ? used : 1;
}

static bool holds(struct search *search, const char *text, size_t length, int depth);

/* The same, of COUNT bytes in a buffer of SIZE that was made for it: it is wiped and freed. */
static bool decoded_holds(struct search *search, char *bytes, size_t count, size_t size,
                          int depth) {
  bool found = count > 0 && holds(search, bytes, count, depth - 1);
  OPENSSL_cleanse(bytes, size);
  free(bytes);
  return found;
}

static bool holds_escaped(struct search *search, const char *text, size_t length, int depth) {
  if (!memchr(text, '%', length) && !memchr(text, '\\', length) && !memchr(text, '&', length))
    return false;
  char *bytes = xmalloc(length);
  size_t count = 0;
  for (size_t i = 0; i < length; count++)
    i += read_escaped(text + i, length - i, &bytes[count]);
  return decoded_holds(search, bytes, count, length, depth);
}

static int digit_value(char c, int bits) {
  return bits == 4 ? hex_value(c) : base64_value(c);
}

/* Whether the digits of TEXT, BITS each, hold a secret: read from each of the positions where its
   bytes may begin. */
static bool holds_digits(struct search *search, const char *text, size_t length, int bits,
                         int depth) {
  for (size_t skip = 0; skip < (bits == 4 ? 2 : 4); skip++) {
    char *bytes = xmalloc(length);
    size_t count = 0;
    unsigned held = 0;
    int have = 0;
    for (size_t i = skip; i < length; i++) {
      held = held << bits | (unsigned)digit_value(text[i], bits);
      have += bits;
      if (have >= 8) {
        have -= 8;
        bytes[count++] = (char)(held >> have);
        held &= (1u << have) - 1;
      }
    }
    search->budget -= (long)length;
    if (decoded_holds(search, bytes, count, length, depth))
      return true;
  }
  return false;
}

static bool holds_encoded(struct search *search, const char *text, size_t length, int bits,
                          int depth) {
  /* Fewer digits are fewer bytes than matter. */
  size_t fewest = search->data ? (DATA_OF * 8 + (size_t)bits - 1) / (size_t)bits : ENCODED_MIN;
  for (size_t i = 0; length - i >= fewest;) {
    /* From behind: what is no digit there rules out all runs that would have it. */
    size_t run = fewest;
    while (run > 0 && digit_value(text[i + run - 1], bits) >= 0)
      run--;
    if (run > 0) {
      i += run;
      continue;
    }
    run = fewest;
    while (i + run < length && digit_value(text[i + run], bits) >= 0)
      run++;
    if (holds_digits(search, text + i, run, bits, depth))
      return true;
    i += run;
  }
  return false;
}

/* Whether a secret is in TEXT, under up to DEPTH encodings. */
static bool holds(struct search *search, const char *text, size_t length, int depth) {
  struct span span;
  if (find(search, text, length, 0, &span) || search->budget <= 0)
    return true;
  return depth > 0 && (holds_escaped(search, text, length, depth) ||
                       holds_encoded(search, text, length, 6, depth) ||
                       holds_encoded(search, text, length, 4, depth));
}

/* ---- filtering ---- */

/* Bytes that encodings use; others part words. */
static bool is_of_word(char c) {
  return base64_value(c) >= 0 || (c != '\0' && strchr("%\\.~=", c));
}

static void hide_raw(struct search *search, struct strbuf *out, const char *text, size_t length) {
  struct span span;
  size_t at = 0;
  for (; find(search, text, length, at, &span); at = span.end) {
    strbuf_append(out, text + at, span.start - at);
    strbuf_puts(out, REDACTED);
  }
  strbuf_append(out, text + at, length - at);
}

static void hide_words(struct search *search, struct strbuf *out, const char *text, size_t length) {
  for (size_t i = 0; i < length;) {
    size_t word = 0;
    while (i + word < length && is_of_word(text[i + word]))
      word++;
    if (word >= ENCODED_MIN && holds(search, text + i, word, DEPTH))
      strbuf_puts(out, REDACTED);
    else
      strbuf_append(out, text + i, word);
    i += word;
    if (i < length)
      strbuf_putc(out, text[i++]);
  }
}

static bool is_empty(const struct redactor *redactor) {
  return !redactor || (redactor->young->count == 0 && !redactor->old);
}

/* Appends what may be seen of TEXT. */
static void filter(const struct redactor *redactor, bool data, struct strbuf *out, const char *text,
                   size_t length) {
  struct search search = {.redactor = redactor, .data = data, .budget = BUDGET_MAX};
  if (is_empty(redactor) || !holds(&search, text, length, DEPTH)) {
    strbuf_append(out, text, length);
    return;
  }
  struct strbuf raw = STRBUF(SIZE_MAX / 2);
  struct strbuf clean = STRBUF(SIZE_MAX / 2);
  hide_raw(&search, &raw, text, length);
  hide_words(&search, &clean, strbuf_str(&raw), raw.length);
  /* Escapes may stand in what was no one word, and the parts of two secrets make a third. */
  if (holds(&search, strbuf_str(&clean), clean.length, DEPTH))
    strbuf_puts(out, REDACTED);
  else
    strbuf_append(out, strbuf_str(&clean), clean.length);
  if (raw.data)
    OPENSSL_cleanse(raw.data, raw.length);
  strbuf_free(&raw);
  strbuf_free(&clean);
}

void redact(const struct redactor *redactor, struct strbuf *out, const char *text, size_t length) {
  filter(redactor, false, out, text, length);
}

char *redacted(const struct redactor *redactor, const char *text) {
  if (!text)
    return NULL;
  struct strbuf out = STRBUF(SIZE_MAX / 2);
  filter(redactor, false, &out, text, strlen(text));
  return strbuf_take(&out);
}

char *redacted_data(const struct redactor *redactor, const char *text) {
  if (!text || is_empty(redactor))
    return NULL;
  struct search search = {.redactor = redactor, .data = true, .budget = BUDGET_MAX};
  size_t length = strlen(text);
  if (length < DATA_OF || !holds(&search, text, length, 1))
    return NULL;
  struct strbuf out = STRBUF(SIZE_MAX / 2);
  filter(redactor, true, &out, text, strlen(text));
  return strbuf_take(&out);
}

void redact_error(const struct redactor *redactor, struct error *error) {
  if (!error)
    return;
  char *message = redacted(redactor, error->message);
  OPENSSL_cleanse(error->message, strlen(error->message));
  free(error->message);
  error->message = message;
}
