/* What all loops of a run share: the secrets that must not be shown, and how many requests each
   host took. Outlives the loops. */
#ifndef OCIDUP_NET_WATCH_H
#define OCIDUP_NET_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/redact.h"

struct http_watch;
struct quota; /* net/quota.h */

/* Knows the passwords of the environment's proxies from the start. */
struct http_watch *http_watch_new(void);

/* The filter for everything that leaves the process; it learns what requests carry. Borrowed. */
struct redactor *http_watch_redactor(const struct http_watch *watch);

/* Calls EACH with "HOST:PORT: 12 requests, 1 retry, 2 connections" for every host that was asked,
   by name, without secrets; behind it what a limit over hours has left, when it has one. */
void http_watch_each(const struct http_watch *watch, void (*each)(void *arg, const char *line),
                     void *arg);

/* Calls EACH with "HOST:PORT: the 100 of 6 hours are used up: try again after …" for every host
   that gives nothing more at NOW (Unix seconds), without secrets. */
void http_watch_spent(const struct http_watch *watch, int64_t now,
                      void (*each)(void *arg, const char *line), void *arg);

/* NULL is allowed. */
void http_watch_free(struct http_watch *watch);

/* For http.c: a try to ask ORIGIN ("https://name:443") begins. The number of the try. */
unsigned long watch_try(struct http_watch *watch, const char *origin, bool retry);

/* For http.c: what is known of how many requests ORIGIN gives. Borrowed, for the watch's life. */
struct quota *watch_quota(struct http_watch *watch, const char *origin);

/* For http.c: a try took CONNECTIONS new ones. */
void watch_connected(struct http_watch *watch, const char *origin, size_t connections);

#endif
