/* What the mains that talk to servers tell of it: notes at -v, requests at -vv, and how many each
   host took; and that no secret of the run comes to standard error. For these mains only. */
#ifndef OCIDUP_HTTP_CLI_H
#define OCIDUP_HTTP_CLI_H

#include "base/cli.h"
#include "base/progress.h"
#include "base/redact.h"
#include "net/http.h"
#include "net/watch.h"

struct http_cli {
  const struct cli_program *program;
  const struct cli_common *common;
  struct progress *progress; /* set by its owner; NULL: none */
  struct http_watch *watch;
};

/* PROGRAM and COMMON are borrowed. Call it before anything is asked, HTTP_CLI must stay where it
   is. */
void http_cli_start(struct http_cli *http_cli, const struct cli_program *program,
                    const struct cli_common *common);

/* Sets the callbacks of OPTIONS, and what all loops share. */
void http_cli_options(struct http_cli *http_cli, struct http_options *options);

/* For -v; a `note` callback, ARG is the http_cli. */
void http_cli_note(void *arg, const char *text);

/* The filter of this run, for a record_writer. Borrowed. */
const struct redactor *http_cli_redactor(const struct http_cli *http_cli);

/* At the end: says how many requests each host took, and, without -v too, which gives no more for
   now. */
void http_cli_report(struct http_cli *http_cli);

/* When nothing asks or prints any more. One that was never started, all zero, is allowed. */
void http_cli_clear(struct http_cli *http_cli);

#endif
