#include <config.h>

#include <string.h>

#include "aws/ecr-error.h"
#include "aws/ecr-reply.h"
#include "base/json-tree.h"
#include "fuzz.h"
#include "registry/digest.h"
#include "registry/reference.h"

static void check_repositories(const struct json_node *reply) {
  struct ecr_repositories page;
  struct error *error = NULL;
  if (ecr_reply_repositories(reply, &page, &error))
    FUZZ_REQUIRE(error && !page.items);
  for (size_t i = 0; i < page.count; i++) {
    FUZZ_REQUIRE(reference_repository_is_valid(page.items[i].name));
    FUZZ_REQUIRE(!page.items[i].host || reference_host_is_valid(page.items[i].host));
    FUZZ_REQUIRE(!page.items[i].account || strlen(page.items[i].account) == 12);
  }
  ecr_repositories_clear(&page);
  error_free(error);
}

static void check_images(const struct json_node *reply) {
  struct ecr_images page;
  struct error *error = NULL;
  char *token;
  bool leads = ecr_reply_images_next(reply, &token, NULL) == 0;
  free(token);
  if (ecr_reply_images(reply, &page, &error))
    FUZZ_REQUIRE(error && !page.items && !leads);
  for (size_t i = 0; i < page.count; i++) {
    FUZZ_REQUIRE(digest_is_valid(page.items[i].digest) && page.items[i].size >= -1);
    for (size_t j = 0; j < page.items[i].tag_count; j++)
      FUZZ_REQUIRE(reference_tag_is_valid(page.items[i].tags[j]));
  }
  ecr_images_clear(&page);
  error_free(error);
}

static void check_batch(const struct json_node *reply) {
  struct ecr_batch batch;
  struct error *error = NULL;
  if (ecr_reply_batch(reply, &batch, &error))
    FUZZ_REQUIRE(error && !batch.items && !batch.failures);
  for (size_t i = 0; i < batch.count; i++)
    FUZZ_REQUIRE(digest_is_valid(batch.items[i].digest) &&
                 strlen(batch.items[i].text) == batch.items[i].length);
  for (size_t i = 0; i < batch.failure_count; i++)
    FUZZ_REQUIRE(digest_is_valid(batch.failures[i].digest));
  ecr_batch_clear(&batch);
  error_free(error);
}

static void check_authorization(const struct json_node *reply) {
  struct ecr_authorization authorization;
  struct error *error = NULL;
  if (ecr_reply_authorization(reply, &authorization, &error))
    FUZZ_REQUIRE(error && !authorization.user && !authorization.password);
  else
    FUZZ_REQUIRE(*authorization.user && *authorization.password && authorization.expiry >= 0 &&
                 !strpbrk(authorization.password, " \r\n"));
  ecr_authorization_clear(&authorization);
  error_free(error);
}

/* Whatever an answer is, what comes out of it keeps its promises; and it is read as an error too.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char nothing[1];
  const char *text = size ? (const char *)data : nothing;
  struct ecr_error said;
  ecr_error_parse(text, size, NULL, &said);
  struct error *error = NULL;
  ecr_error_set(&error, "Op", &said, 400);
  FUZZ_REQUIRE(error && status_is_failure(error->status) && !strpbrk(error->message, "\r\n"));
  error_free(error);
  ecr_error_clear(&said);

  struct json_tree tree;
  if (json_tree_parse(&tree, text, size, JSON_DEPTH, STATUS_SERVER_ERROR, NULL) < 0)
    return 0;
  check_authorization(tree.nodes);
  check_repositories(tree.nodes);
  check_images(tree.nodes);
  check_batch(tree.nodes);
  (void)ecr_reply_download_url(tree.nodes, NULL);
  json_tree_clear(&tree);
  return 0;
}
