#include <config.h>

#include "report/html-shell.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/emit.h"
#include "report/markup.h"
#include "report/page.h"

/* Base64 of the SHA-256 of TEXT, as a policy names a script or a style (CSP Level 3, "Hash
   Usage"). */
static int put_hash(struct strbuf *out, const char *text, struct error **err) {
  unsigned char hash[EVP_MAX_MD_SIZE], base64[EVP_MAX_MD_SIZE * 2];
  unsigned length = 0;
  if (!EVP_Digest(text, strlen(text), hash, &length, EVP_sha256(), NULL))
    return error_set(err, STATUS_LOCAL, "SHA-256 cannot be computed");
  EVP_EncodeBlock(base64, hash, (int)length);
  return strbuf_printf(out, "'sha256-%s'", (const char *)base64);
}

int html_put_policy(struct strbuf *out, const char *script, struct error **err) {
  strbuf_puts(out, "default-src 'none'; style-src ");
  if (put_hash(out, page_css, err))
    return -1;
  strbuf_puts(out, "; script-src ");
  if (!script)
    strbuf_puts(out, "'none'");
  else if (put_hash(out, script, err))
    return -1;
  return strbuf_puts(out, "; img-src data:; base-uri 'none'; form-action 'none'; "
                          "require-trusted-types-for 'script'; trusted-types 'none'");
}

int html_put_failures(struct strbuf *out, size_t images, const struct report_failure *failures,
                      size_t count, struct output *output, struct error **err) {
  strbuf_printf(out, "<p>The inventory: %zu %s, ", images, images == 1 ? "image" : "images");
  if (!count)
    return strbuf_puts(out, "all of it read.</p>\n");
  strbuf_printf(out, "%zu %s that could not be read.</p>\n", count, count == 1 ? "row" : "rows");
  strbuf_puts(out, "<ul class=\"failures\">\n");
  for (size_t i = 0; i < count; i++) {
    const struct report_failure *failure = &failures[i];
    strbuf_puts(out, "<li>");
    markup_put(out, failure->image ? failure->image : failure->origin);
    strbuf_printf(out, ": %s", status_name(failure->status));
    if (failure->detail) {
      strbuf_puts(out, ", ");
      markup_put(out, failure->detail);
    }
    strbuf_puts(out, "</li>\n");
    if (emit(out, output, err))
      return -1;
  }
  strbuf_puts(out, "</ul>\n");
  return 0;
}

/* What all pages have. False when it is none of that. */
static bool put_common(struct strbuf *out, const char *name, size_t length) {
  if (length == strlen("style") && memcmp(name, "style", length) == 0)
    strbuf_puts(out, page_css);
  else if (length == strlen("version") && memcmp(name, "version", length) == 0)
    strbuf_puts(out, PACKAGE_VERSION);
  else
    return false;
  return true;
}

int html_fill(const char *page, html_slot_fn *put_slot, const void *arg, struct output *output,
              struct error **err) {
  cleanup(strbuf_free) struct strbuf out = STRBUF(EMIT_MAX);
  const char *rest = page;
  for (const char *slot; (slot = strstr(rest, "{{")); rest = slot) {
    strbuf_append(&out, rest, (size_t)(slot - rest));
    slot += 2;
    size_t length = strcspn(slot, "}");
    if (!put_common(&out, slot, length) && put_slot(&out, slot, length, arg, output, err))
      return -1;
    slot += length + 2;
  }
  strbuf_puts(&out, rest);
  return emit(&out, output, err);
}
