/* Where a registry's host is asked: its URL and scheme, or a mirror's. Pure logic over the command
   line's rules; sends nothing. */
#ifndef OCIDUP_REGISTRY_ENDPOINT_H
#define OCIDUP_REGISTRY_ENDPOINT_H

#include <stdbool.h>

#include "base/error.h"

struct endpoints;

struct endpoint {
  char *origin; /* "https://registry-1.docker.io", lower case, no final '/' */
  char *prefix; /* goes before repository names, ends with '/'; "" when there is none */
  bool plain;   /* http, which the user asked for or loopback allows */
  bool wanted;  /* http, which --plain-http names it for: secrets may be read on the way */
  bool exposed; /* http to another machine, without --plain-http for it: a mirror's URL says so.
                   No credentials go there */
};

struct endpoints *endpoints_new(void);

/* --mirror=HOST=URL[/PREFIX]. Schemes other than http and https, user info, query and fragment are
   refused, and a second mirror for a host. 0 or -1. */
int endpoints_mirror(struct endpoints *endpoints, const char *text, struct error **err);

/* --plain-http=HOST and --tls=HOST. 0, or -1 when HOST is no host, or was given for both. */
int endpoints_plain_http(struct endpoints *endpoints, const char *host, struct error **err);
int endpoints_tls(struct endpoints *endpoints, const char *host, struct error **err);

/* Fills *ENDPOINT for HOST (of a reference); endpoint_clear it. */
void endpoints_find(const struct endpoints *endpoints, const char *host, struct endpoint *endpoint);

void endpoint_clear(struct endpoint *endpoint);

/* True when A and B, http or https URLs, have the same scheme, host and port. */
bool endpoint_same_origin(const char *a, const char *b);

/* NULL is allowed. */
void endpoints_free(struct endpoints *endpoints);

#endif
