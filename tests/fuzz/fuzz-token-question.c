#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "net/url.h"
#include "registry/token-question.h"

#define SECRET "s3cret/with=signs&and\x1b"

static size_t length_of_scheme(const char *url) {
  return (size_t)(strstr(url, "://") - url) + 3;
}

/* What is asked can be asked, is where the realm is, and is https unless that was allowed. */
static void check_question(const struct token_question *question, bool plain) {
  FUZZ_REQUIRE(text_is_clean(question->shown, strlen(question->shown), false));
  FUZZ_REQUIRE(!strpbrk(question->shown, "?#"));
  cleanup(cleanup_free) char *url = token_question_url(question);
  FUZZ_REQUIRE(strlen(url) <= 16 * 1024);
  for (const char *c = url; *c; c++)
    FUZZ_REQUIRE(*c > ' ' && *c < 0x7f && *c != '#');
  FUZZ_REQUIRE(strncmp(url, question->realm, strlen(question->realm)) == 0);
  const char *authority = url + length_of_scheme(url);
  FUZZ_REQUIRE(!memchr(authority, '@', strcspn(authority, "/?")));
  bool http = length_of_scheme(url) == 7;
  FUZZ_REQUIRE(!http || plain);
  FUZZ_REQUIRE(http || !token_question_is_exposed(question));

  cleanup(cleanup_free) char *form = token_question_form(question, SECRET);
  FUZZ_REQUIRE(!strpbrk(form, " \t\r\n#\x1b"));
  size_t fields = 0;
  for (const char *c = form; *c; c++)
    fields += *c == '&';
  FUZZ_REQUIRE(fields == 4 && strstr(form, "&refresh_token=s3cret/with%3Dsigns%26and%1B"));
}

/* A header of a registry's answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xstrndup(size ? (const char *)data : "", size);
  cleanup(challenge_clear) struct challenge challenge = CHALLENGE;
  if (challenge_parse(text, &challenge, NULL) || challenge.scheme != CHALLENGE_BEARER)
    return 0;
  for (int plain = 0; plain < 2; plain++) {
    cleanup(cleanup_error) struct error *error = NULL;
    cleanup(token_question_clear) struct token_question question = TOKEN_QUESTION;
    int result = token_question_set(&question, "https://r.example", plain, &challenge,
                                    "repository:a/b:pull", &error);
    FUZZ_REQUIRE((result < 0) == (error != NULL) && (result < 0) == (question.realm == NULL));
    if (error)
      FUZZ_REQUIRE(error->status == STATUS_UNAUTHORIZED &&
                   text_is_clean(error->message, strlen(error->message), false));
    else
      check_question(&question, plain);
  }
  return 0;
}
