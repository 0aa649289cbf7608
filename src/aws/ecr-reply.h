/* ECR's answers as structs (ECR API Reference, data types Repository, ImageDetail, Image,
   ImageFailure). Reads and checks, sends nothing, and knows no order of calls. What an answer says
   of one item is checked item by item: one that cannot be used is counted, and does not cost the
   others. */
#ifndef OCIDUP_AWS_ECR_REPLY_H
#define OCIDUP_AWS_ECR_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json-tree.h"

/* Of DescribeRepositories. */
struct ecr_repository {
  char *name;    /* valid */
  char *account; /* registryId, 12 digits; NULL when not said */
  char *host;    /* of repositoryUri; NULL when that is not HOST/NAME */
};

struct ecr_repositories {
  struct ecr_repository *items;
  size_t count;
  size_t unusable;  /* items without a valid name */
  char *next_token; /* NULL: the last page */
};

/* Of DescribeImages. */
struct ecr_image {
  char *digest; /* valid */
  char **tags;  /* valid ones */
  size_t tag_count;
  int64_t size;              /* bytes; -1: not said */
  char *pushed;              /* RFC 3339; NULL: not said */
  char *media_type;          /* of the manifest; NULL: not said */
  char *artifact_media_type; /* of its config; NULL: not said */
  bool archived;             /* cannot be fetched: ARCHIVED, or ACTIVATING (on its way back) */
};

struct ecr_images {
  struct ecr_image *items;
  size_t count;
  size_t unusable; /* items without a valid digest, and tags that are none */
};

/* Of BatchGetImage. */
struct ecr_manifest {
  char *digest;     /* valid; as the answer says, not verified */
  char *media_type; /* NULL: not said */
  char *text;       /* the exact bytes */
  size_t length;
};

struct ecr_failure {
  char *digest; /* valid */
  char *code;   /* "ImageNotFound"; NULL: not said */
  char *reason; /* NULL: not said */
};

struct ecr_batch {
  struct ecr_manifest *items;
  size_t count;
  struct ecr_failure *failures;
  size_t failure_count;
};

/* Of GetAuthorizationToken: what a registry of the account is shown, as Basic. */
struct ecr_authorization {
  char *user;
  char *password;
  int64_t expiry; /* Unix time, seconds; 0: not said */
};

/* For `struct ecr_images i = ECR_REPLY;`, any of the above. */
#define ECR_REPLY                                                                                  \
  { .items = NULL }

/* Each takes REPLY (borrowed) apart into *OUT, which the caller clears. 0; or -1 with *err
   (STATUS_SERVER_ERROR) when the answer lacks what it must have; *OUT is then empty. */
int ecr_reply_repositories(const struct json_node *reply, struct ecr_repositories *out,
                           struct error **err);
int ecr_reply_images(const struct json_node *reply, struct ecr_images *out, struct error **err);
/* *TOKEN is that of the page of images behind REPLY (caller frees), NULL when there is none; said
   apart, for that page can be asked for before this one is read. 0, or -1 as above, also when
   ecr_reply_images would fail. */
int ecr_reply_images_next(const struct json_node *reply, char **token, struct error **err);
/* 0 when the images of REPLY are said to be of that repository of ACCOUNT, or it is not said whose
   they are: on HTTP/1.1 nothing else tells an answer from that to another question. */
int ecr_reply_images_are_of(const struct json_node *reply, const char *account,
                            const char *repository, struct error **err);
int ecr_reply_batch(const struct json_node *reply, struct ecr_batch *out, struct error **err);

/* The URL of GetDownloadUrlForLayer; borrowed from REPLY. NULL with *err when there is none. */
const char *ecr_reply_download_url(const struct json_node *reply, struct error **err);

/* *OUT, which the caller clears; or -1 with *err (STATUS_SERVER_ERROR), in which there is nothing
   of the token. */
int ecr_reply_authorization(const struct json_node *reply, struct ecr_authorization *out,
                            struct error **err);

void ecr_repositories_clear(struct ecr_repositories *repositories);
void ecr_image_clear(struct ecr_image *image);
void ecr_images_clear(struct ecr_images *images);
void ecr_batch_clear(struct ecr_batch *batch);
/* Wipes. */
void ecr_authorization_clear(struct ecr_authorization *authorization);

#endif
