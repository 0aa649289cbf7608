#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "net/http.h"
#include "net/url.h"

/* A Location leads to an http or https URL without user info, never from https to http, and what
   is shown of it has no query. */
static void check(const char *from, const char *location) {
  cleanup(cleanup_error) struct error *err = NULL;
  cleanup(cleanup_free) char *target = url_redirect(from, location, &err);
  FUZZ_REQUIRE((target == NULL) == (err != NULL));
  if (!target) {
    FUZZ_REQUIRE(text_is_clean(err->message, strlen(err->message), false));
    return;
  }
  FUZZ_REQUIRE(strncmp(target, "https://", 8) == 0 ||
               (strncmp(target, "http://", 7) == 0 && strncmp(from, "http://", 7) == 0));
  FUZZ_REQUIRE(!strchr(target, '#'));
  const char *name = strstr(target, "://") + 3;
  FUZZ_REQUIRE(!memchr(name, '@', strcspn(name, "/?")));
  cleanup(cleanup_free) char *origin = url_origin(target, NULL);
  FUZZ_REQUIRE(origin != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xstrndup(size ? (const char *)data : "", size);
  check("https://r.example/v2/a?q", text);
  check("http://r.example:5000/v2/a", text);
  cleanup(cleanup_free) char *shown = http_url_display(text);
  FUZZ_REQUIRE(text_is_clean(shown, strlen(shown), false));
  FUZZ_REQUIRE(!strpbrk(shown, "?#"));
  return 0;
}
