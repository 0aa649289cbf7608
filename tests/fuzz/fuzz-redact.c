#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/redact.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "net/trace.h"

enum { SECRET_MIN = 8, SECRET_MAX = 71 };

static void put_digits(struct strbuf *out, const char *secret, const char *before, bool upper,
                       const char *after) {
  for (const char *c = secret; *c; c++)
    if (upper)
      strbuf_printf(out, "%s%02X%s", before, (unsigned char)*c, after);
    else
      strbuf_printf(out, "%s%02x%s", before, (unsigned char)*c, after);
}

/* Appends SECRET, with PREFIX bytes before it, in base64 of one alphabet or the other. */
static void put_base64(struct strbuf *out, const char *secret, size_t prefix, bool url) {
  cleanup(cleanup_free) char *plain = xasprintf("%.*s%s", (int)prefix, "u:x", secret);
  cleanup(cleanup_free) char *coded = xcalloc(2 * strlen(plain) + 8, 1);
  EVP_EncodeBlock((unsigned char *)coded, (unsigned char *)plain, (int)strlen(plain));
  for (char *c = coded; *c; c++) {
    if (url && *c == '+')
      *c = '-';
    if (url && *c == '/')
      *c = '_';
  }
  strbuf_puts(out, coded);
}

static void put_coded(struct strbuf *out, const char *secret, unsigned how) {
  switch (how % 8) {
  case 0:
    put_digits(out, secret, "%", how & 8, "");
    return;
  case 1:
    put_digits(out, secret, "\\u00", how & 8, "");
    return;
  case 2:
    put_digits(out, secret, "&#x", how & 8, ";");
    return;
  case 3:
    put_digits(out, secret, "", how & 8, "");
    return;
  case 4:
  case 5:
    put_base64(out, secret, how >> 4 & 3, how & 8);
    return;
  default:
    strbuf_puts(out, secret);
  }
}

/* A secret in a text, in some form, is not there afterwards; nor in what is traced of it. The first
   byte says how long the secret is, the second how it is written, the third where. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3 + SECRET_MIN)
    return 0;
  size_t length = SECRET_MIN + data[0] % (SECRET_MAX - SECRET_MIN + 1);
  unsigned how = data[1];
  if (size - 3 < length)
    length = size - 3;
  cleanup(cleanup_free) char *secret = xstrndup((const char *)data + 3, length);
  size_t rest = size - 3 - length;
  const char *text = (const char *)data + 3 + length;
  size_t at = rest ? data[2] % (rest + 1) : 0;
  /* What is put in its place must not complete one. */
  if (strlen(secret) < SECRET_MIN || strpbrk(secret, "()"))
    return 0;
  struct strbuf coded = STRBUF(SIZE_MAX / 2);
  put_coded(&coded, secret, how);
  struct strbuf whole = STRBUF(SIZE_MAX / 2);
  /* Digits beside it would be read together with its own. */
  strbuf_append(&whole, text, at);
  strbuf_printf(&whole, " %s ", strbuf_str(&coded));
  strbuf_append(&whole, text + at, rest - at);

  struct redactor *redactor = redactor_new();
  redactor_add(redactor, secret);
  struct strbuf seen = STRBUF(SIZE_MAX / 2);
  redact(redactor, &seen, strbuf_str(&whole), whole.length);
  FUZZ_REQUIRE(!memmem(strbuf_str(&seen), seen.length, secret, strlen(secret)));
  FUZZ_REQUIRE(!memmem(strbuf_str(&seen), seen.length, strbuf_str(&coded), coded.length));

  /* Filtered text stays. */
  struct strbuf twice = STRBUF(SIZE_MAX / 2);
  redact(redactor, &twice, strbuf_str(&seen), seen.length);
  FUZZ_REQUIRE(twice.length == seen.length &&
               memcmp(strbuf_str(&twice), strbuf_str(&seen), seen.length) == 0);

  /* The trace takes any text. */
  static const char *const names[] = {"location", "link", "www-authenticate", "x"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct strbuf line = STRBUF(SIZE_MAX / 2);
    trace_put_header(&line, names[i], strbuf_str(&whole));
    strbuf_free(&line);
  }
  redactor_free(redactor);
  strbuf_free(&coded);
  strbuf_free(&whole);
  strbuf_free(&seen);
  strbuf_free(&twice);
  return 0;
}
