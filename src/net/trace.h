/* Requests and answers as -vv shows them. Safe by construction: of headers and of a URL's query
   only the values of names that are known to be harmless are shown, of bodies nothing; what is
   shown goes through the redactor as well, and is cleaned for terminals. */
#ifndef OCIDUP_NET_TRACE_H
#define OCIDUP_NET_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "base/redact.h"
#include "base/strbuf.h"

struct trace {
  void (*line)(void *arg, const char *text);
  void *arg;
  const struct redactor *redactor;
};

/* A try, the NUMBER-th, begins: METHOD URL, with a body of BODY_LENGTH bytes. */
void trace_begin(const struct trace *trace, unsigned long number, const char *method,
                 const char *url, size_t body_length);

/* The LENGTH bytes of HEAD are sent for it: a request line and headers as of HTTP/1. */
void trace_head(const struct trace *trace, unsigned long number, const char *head, size_t length);

/* It ended: as libcurl tells of EASY, or with FAILURE (NULL: none). */
void trace_end(const struct trace *trace, unsigned long number, CURL *easy, const char *failure);

/* True when the value of header NAME (LENGTH bytes, any case) is shown in full. */
bool trace_header_is_shown(const char *name, size_t length);

/* Appends URL (absolute or relative) without user info and fragment, with "(hidden)" for what may
   not be seen of its query. */
void trace_put_url(struct strbuf *out, const char *url);

/* Appends the header's NAME, ": " and what may be seen of VALUE. */
void trace_put_header(struct strbuf *out, const char *name, const char *value);

#endif
