#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "registry/answer.h"
#include "fuzz.h"

static int check_name(void *arg, const char *name, struct error **err) {
  (void)err;
  *(size_t *)arg += strlen(name);
  return 0;
}

static void check_error(const char *text, size_t size) {
  cleanup(cleanup_error) struct error *error = NULL;
  FUZZ_REQUIRE(answer_error("who", 500, text, size, &error) == -1);
  FUZZ_REQUIRE(text_is_clean(error->message, strlen(error->message), false));
  FUZZ_REQUIRE(strlen(error->message) < 2000);
}

/* What is called a token can stand in a header. */
static void check_token(const char *text, size_t size) {
  long lifetime = 0;
  cleanup(cleanup_free) char *token = answer_token(text, size, &lifetime, NULL);
  if (!token)
    return;
  FUZZ_REQUIRE(lifetime >= 1 && lifetime <= 86400);
  FUZZ_REQUIRE(*token && strpbrk(token, " \t\r\n") == NULL);
}

/* What is called a page is a path, whatever the header says. */
static void check_next(const char *text) {
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(cleanup_free) char *next = NULL;
  int result = answer_next(text, "https://r.example/v2/a/tags/list?n=1000", &next, &error);
  FUZZ_REQUIRE((result < 0) == (error != NULL));
  FUZZ_REQUIRE(!next || *next == '/');
  FUZZ_REQUIRE(!next || strpbrk(next, " \t\r\n#") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xmalloc(size + 1);
  if (size)
    memcpy(text, data, size);
  text[size] = '\0';
  check_error(text, size);
  check_token(text, size);
  check_next(text);
  size_t length = 0;
  answer_names(text, size, "tags", check_name, &length, NULL);
  FUZZ_REQUIRE(length <= 3 * size);
  return 0;
}
