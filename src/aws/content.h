/* The bytes of one ECR repository's images, for registry/expand: manifests by BatchGetImage, up to
   a hundred a call, and configs by GetDownloadUrlForLayer. Owns the promise that nothing is asked
   for twice, and that bytes hash to the digest asked for. Does not know what is listed: its owner
   says what will be wanted. */
#ifndef OCIDUP_AWS_CONTENT_H
#define OCIDUP_AWS_CONTENT_H

#include <stdbool.h>

#include "aws/ecr.h"
#include "net/http.h"
#include "registry/expand.h"

struct content;

/* Digests that go in one call. */
enum { CONTENT_BATCH_MAX = 100 };

/* HTTP and ECR are borrowed; REGISTRY_ID may be NULL. STEP is called after each answer, when
   everybody who waited for it has it, as the last thing: it may free the content. */
struct content *content_new(struct http *http, struct ecr *ecr, const char *registry_id,
                            const char *repository, void (*step)(void *arg), void *arg);

/* The manifest of DIGEST will be asked for: it goes with the next call, and stays from when it
   comes until content_release. A full hundred is sent at once; the others wait for more. */
void content_want(struct content *content, const char *digest);

/* Sends what waits for more. */
void content_flush(struct content *content);

/* How many wait for more. */
size_t content_queued(const struct content *content);

/* A row's detail for it. */
#define CONTENT_ARCHIVED "archived in ECR: restore it before use"

/* DIGEST is archived: who asks for it gets that as the outcome, and no call is made. */
void content_archive(struct content *content, const char *digest, const char *media_type);

/* Whether calls are out. */
bool content_is_busy(const struct content *content);

/* Whether the manifest of DIGEST is on its way, or waits for more to go with it. */
bool content_is_awaited(const struct content *content, const char *digest);

/* Bytes of manifests that are here. */
size_t content_bytes(const struct content *content);

/* The manifest of DIGEST if it came and is what it should be; valid until content_trim. False
   otherwise. */
bool content_manifest(const struct content *content, const char *digest,
                      struct expand_bytes *bytes);

/* Who wanted the manifest of DIGEST no longer does. */
void content_release(struct content *content, const char *digest);

/* Frees manifests that nobody wants, those first that came or were released first, until there are
   no more than MAX bytes or all are wanted. An index may list one: it is then read once more. Not
   from a callback of an expansion. */
void content_trim(struct content *content, size_t max);

/* For expand(); lives as long as CONTENT. */
const struct expand_source *content_source(const struct content *content);

/* NULL is allowed. No call may be under way. */
void content_free(struct content *content);

#endif
