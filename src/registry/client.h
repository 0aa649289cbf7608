/* Talks to OCI Distribution registries (distribution spec 1.1): manifests, blobs, tags, catalog.
   Turns answers into errors and verifies that bytes hash to the digest asked for. Where a host is
   asked is endpoint's business, what it is shown token's; parses no manifest. Asynchronous over
   net/http: callbacks run inside http_run (or http_free), never inside the call that asks. */
#ifndef OCIDUP_REGISTRY_CLIENT_H
#define OCIDUP_REGISTRY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "net/ca.h"
#include "net/http.h"
#include "registry/token.h"

struct registry_client;

/* The client borrows HTTP. NOTE (may be NULL) gets what is worth a -v line. */
struct registry_client *
registry_client_new(struct http *http, void (*note)(void *arg, const char *text), void *note_arg);

/* --mirror=HOST=URL[/PREFIX]: what is on HOST is asked at URL, its repositories below PREFIX. 0, or
   -1 with *err for text that is none. Schemes other than http and https, user info, query and
   fragment are refused. */
int registry_client_mirror(struct registry_client *client, const char *text, struct error **err);

/* --plain-http=HOST and --tls=HOST. Loopback hosts speak plain http unless --tls, no others do
   unless --plain-http. 0, or -1 with *err when HOST is no host, or was given for both. */
int registry_client_plain_http(struct registry_client *client, const char *host,
                               struct error **err);
int registry_client_tls(struct registry_client *client, const char *host, struct error **err);

/* What stands before the names of HOST's repositories where they are asked for: a mirror's PREFIX
   and a '/', or "". Caller frees. */
char *registry_client_prefix(const struct registry_client *client, const char *host);

/* Who is asked for what is on HOST, "https://registry-1.docker.io"; caller frees. */
char *registry_client_origin(const struct registry_client *client, const char *host);

/* Who knows credentials (see credential.h); without any, all is read anonymously. Copied. Call it
   again to add another, which is asked when those before have none, or what they had was refused.
 */
void registry_client_auth(struct registry_client *client, const struct registry_auth *auth);

/* Sets *CA to the certificates to trust for what HOST ("name" or "name:port", of the server that is
   asked) gives, where they are others than usual, for as long as the client lives; else to NULL. 0;
   or -1 with *err, a row's. */
typedef int registry_ca_fn(void *arg, const char *host, const struct ca **ca, struct error **err);

void registry_client_ca(struct registry_client *client, registry_ca_fn *find, void *arg);

/* What came, borrowed during the callback. */
struct registry_reply {
  const struct error *error; /* else NULL; its status is the row's */
  const char *body;
  size_t length;
  const char *media_type; /* Content-Type; NULL: none */
  const char *digest; /* of a manifest: of GET the computed one, of HEAD what the header says, NULL
                         when it says none or none that is valid */
  const char *next;   /* of a list: the next page's `next` argument; NULL: the last page */
  bool answered;      /* the registry itself said so, error or not: it was there to be asked */
};

typedef void registry_done_fn(void *arg, const struct registry_reply *reply);

/* The manifest that REFERENCE (a tag or a digest) names. With HEAD, only its media type and
   digest. */
void registry_manifest(struct registry_client *client, const char *host, const char *repository,
                       const char *reference, bool head, registry_done_fn *done, void *arg);

/* A blob, verified, of at most MAX bytes. */
void registry_blob(struct registry_client *client, const char *host, const char *repository,
                   const char *digest, size_t max, registry_done_fn *done, void *arg);

/* One page of tags/list or _catalog, as JSON in `body` (see answer_names); NEXT NULL for the first.
   A `next` that leads to another origin is an error, as is a page that leads to itself; that a
   longer ring ends is the caller's business. */
void registry_tags(struct registry_client *client, const char *host, const char *repository,
                   const char *next, registry_done_fn *done, void *arg);
void registry_catalog(struct registry_client *client, const char *host, const char *next,
                      registry_done_fn *done, void *arg);

/* After http_free, so that nothing is under way any more. NULL is allowed. */
void registry_client_free(struct registry_client *client);

#endif
