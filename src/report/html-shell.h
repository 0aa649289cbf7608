/* What the HTML pages have in common: how slots are filled in, the policy, what could not be read.
 */
#ifndef OCIDUP_REPORT_HTML_SHELL_H
#define OCIDUP_REPORT_HTML_SHELL_H

#include <stddef.h>

#include "base/error.h"
#include "base/output.h"
#include "base/strbuf.h"
#include "report/match.h"

/* Appends what belongs into the slot NAME, of LENGTH bytes, to OUT; or emits it. 0 or -1. */
typedef int html_slot_fn(struct strbuf *out, const char *name, size_t length, const void *arg,
                         struct output *output, struct error **err);

/* Writes PAGE with its slots, `{{name}}`, filled in; `style` and `version` are filled in here. */
int html_fill(const char *page, html_slot_fn *put_slot, const void *arg, struct output *output,
              struct error **err);

/* The Content-Security-Policy: nothing is loaded from anywhere; the icon is in the page. SCRIPT is
   the only one (NULL: none), and can make elements of no text. */
int html_put_policy(struct strbuf *out, const char *script, struct error **err);

/* How many IMAGES the inventory has, and its COUNT failed rows. */
int html_put_failures(struct strbuf *out, size_t images, const struct report_failure *failures,
                      size_t count, struct output *output, struct error **err);

#endif
