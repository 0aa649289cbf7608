#include <config.h>

#include "aws/ecr-reply.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "unit.h"

#define DIGEST_1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST_2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define DIGEST_3 "sha256:3333333333333333333333333333333333333333333333333333333333333333"

static struct json_tree tree(const char *text) {
  struct json_tree parsed;
  ck_assert_int_eq(
      json_tree_parse(&parsed, text, strlen(text), JSON_DEPTH, STATUS_SERVER_ERROR, NULL), 0);
  return parsed;
}

START_TEST(repositories) {
  struct json_tree reply =
      tree("{\"repositories\":["
           "{\"repositoryName\":\"team/app\",\"registryId\":\"123456789012\",\"repositoryUri\":"
           "\"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app\",\"createdAt\":1.5},"
           "{\"repositoryName\":\"b\",\"registryId\":\"12\",\"repositoryUri\":\"host/other\"},"
           "{\"repositoryName\":\"c\",\"repositoryUri\":\"ho st/c\"},"
           "{\"repositoryName\":\"../etc\"},{\"repositoryName\":7},null,[]],"
           "\"nextToken\":\"more\"}");
  struct ecr_repositories page;
  ck_assert_int_eq(ecr_reply_repositories(reply.nodes, &page, NULL), 0);
  ck_assert_uint_eq(page.count, 3);
  ck_assert_uint_eq(page.unusable, 4);
  ck_assert_str_eq(page.items[0].name, "team/app");
  ck_assert_str_eq(page.items[0].account, "123456789012");
  ck_assert_str_eq(page.items[0].host, "123456789012.dkr.ecr.us-east-1.amazonaws.com");
  ck_assert_str_eq(page.items[1].name, "b");
  ck_assert_ptr_null(page.items[1].account);
  ck_assert_ptr_null(page.items[1].host);
  ck_assert_ptr_null(page.items[2].host);
  ck_assert_str_eq(page.next_token, "more");
  ecr_repositories_clear(&page);
  json_tree_clear(&reply);
}
END_TEST

/* A token that cannot be used does not end a list: what it leads to would be absent. */
START_TEST(next_token_is_text) {
  static const struct {
    const char *member;
    int result;
  } cases[] = {{",\"nextToken\":\"more\"", 0}, {",\"nextToken\":\"\"", 0},
               {",\"nextToken\":null", 0},     {"", 0},
               {",\"nextToken\":7", -1},       {",\"nextToken\":true", -1},
               {",\"nextToken\":[]", -1},      {",\"nextToken\":{}", -1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_free) char *text =
        xasprintf("{\"repositories\":[],\"imageDetails\":[]%s}", cases[i].member);
    struct json_tree reply = tree(text);
    struct ecr_repositories places;
    char *token;
    ck_assert_msg(ecr_reply_repositories(reply.nodes, &places, NULL) == cases[i].result, "%s",
                  text);
    ck_assert_msg(ecr_reply_images_next(reply.nodes, &token, NULL) == cases[i].result, "%s", text);
    ck_assert_msg(!token == (i > 0), "%s", text);
    ecr_repositories_clear(&places);
    free(token);
    json_tree_clear(&reply);
  }
}
END_TEST

START_TEST(authorization) {
  static const struct {
    const char *item;
    const char *password; /* NULL: refused */
    int64_t expiry;
  } cases[] = {
      {"{\"authorizationToken\":\"QVdTOnBhc3M6d29yZA==\",\"expiresAt\":1700000000.5}", "pass:word",
       1700000000},
      {"{\"authorizationToken\":\"QVdTOnBhc3M6d29yZA==\",\"expiresAt\":-5}", "pass:word", 0},
      {"{\"authorizationToken\":\"QVdTOnBhc3M6d29yZA==\",\"expiresAt\":\"soon\"}", "pass:word", 0},
      {"{\"authorizationToken\":\"QVdTOng=\"}", "x", 0},
      {"{\"authorizationToken\":\"QVdTOg==\"}", NULL, 0},                /* no password */
      {"{\"authorizationToken\":\"OnNlY3JldA==\"}", NULL, 0},            /* no user */
      {"{\"authorizationToken\":\"QVdT\"}", NULL, 0},                    /* no colon */
      {"{\"authorizationToken\":\"QVdTOnBhc3M6d29yZA\"}", NULL, 0},      /* cut */
      {"{\"authorizationToken\":\"QVdTOnBh\\nc3M6d29yZA==\"}", NULL, 0}, /* not base64 */
      {"{\"authorizationToken\":\"QVdTOnNlYwByZXQ=\"}", NULL, 0},        /* a NUL inside */
      {"{\"authorizationToken\":\"QVdTOnNlYw0KcmV0\"}", NULL, 0},        /* a line break inside */
      {"{\"authorizationToken\":\"====\"}", NULL, 0},
      {"{\"authorizationToken\":\"\"}", NULL, 0},
      {"{\"authorizationToken\":7}", NULL, 0},
      {"null", NULL, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    snprintf(text, sizeof text, "{\"authorizationData\":[%s]}", cases[i].item);
    struct json_tree reply = tree(text);
    struct ecr_authorization got;
    struct error *error = NULL;
    int result = ecr_reply_authorization(reply.nodes, &got, &error);
    ck_assert_msg(result == (cases[i].password ? 0 : -1), "%s", text);
    if (result == 0) {
      ck_assert_str_eq(got.user, "AWS");
      ck_assert_str_eq(got.password, cases[i].password);
      ck_assert_int_eq(got.expiry, cases[i].expiry);
    } else {
      ck_assert_ptr_null(got.user);
      ck_assert_ptr_null(got.password);
      ck_assert_int_eq(error->status, STATUS_SERVER_ERROR);
      ck_assert_ptr_null(strstr(error->message, "QV"));
    }
    ecr_authorization_clear(&got);
    error_free(error);
    json_tree_clear(&reply);
  }
  struct json_tree reply = tree("{\"authorizationData\":[]}");
  struct ecr_authorization got;
  ck_assert_int_eq(ecr_reply_authorization(reply.nodes, &got, NULL), -1);
  json_tree_clear(&reply);
}
END_TEST

START_TEST(images) {
  struct json_tree reply =
      tree("{\"imageDetails\":["
           "{\"imageDigest\":\"" DIGEST_1 "\",\"imageTags\":[\"v1\",\"latest\",\"bad tag\",7],"
           "\"imageSizeInBytes\":9007199254740993,\"imagePushedAt\":1700000000.987,"
           "\"imageManifestMediaType\":\"application/vnd.oci.image.manifest.v1+json\","
           "\"artifactMediaType\":\"application/vnd.cncf.helm.config.v1+json\","
           "\"imageStatus\":\"ACTIVE\"},"
           "{\"imageDigest\":\"" DIGEST_2 "\",\"imageStatus\":\"ARCHIVED\",\"imageSizeInBytes\":-1,"
           "\"imagePushedAt\":1700000000},"
           "{\"imageDigest\":\"sha256:short\"},{},"
           "{\"imageDigest\":\"" DIGEST_3 "\",\"imageTags\":\"v1\"}],\"nextToken\":\"\"}");
  struct ecr_images page;
  ck_assert_int_eq(ecr_reply_images(reply.nodes, &page, NULL), 0);
  ck_assert_uint_eq(page.count, 3);
  ck_assert_uint_eq(page.unusable, 5); /* two tags, two digests, a list of tags */
  const struct ecr_image *image = &page.items[0];
  ck_assert_str_eq(image->digest, DIGEST_1);
  ck_assert_uint_eq(image->tag_count, 2);
  ck_assert_str_eq(image->tags[0], "v1");
  ck_assert_str_eq(image->tags[1], "latest");
  ck_assert_int_eq(image->size, INT64_C(9007199254740993));
  ck_assert_str_eq(image->pushed, "2023-11-14T22:13:20Z");
  ck_assert_str_eq(image->media_type, "application/vnd.oci.image.manifest.v1+json");
  ck_assert_str_eq(image->artifact_media_type, "application/vnd.cncf.helm.config.v1+json");
  ck_assert(!image->archived);
  image = &page.items[1];
  ck_assert_uint_eq(image->tag_count, 0);
  ck_assert_int_eq(image->size, -1);
  ck_assert_str_eq(image->pushed, "2023-11-14T22:13:20Z");
  ck_assert_ptr_null(image->media_type);
  ck_assert(image->archived);
  char *token;
  ck_assert_int_eq(ecr_reply_images_next(reply.nodes, &token, NULL), 0);
  ck_assert_ptr_null(token); /* an empty one is none */
  ecr_images_clear(&page);
  json_tree_clear(&reply);
}
END_TEST

START_TEST(an_image_on_its_way_back_is_still_archived) {
  struct json_tree reply = tree("{\"imageDetails\":[{\"imageDigest\":\"" DIGEST_1
                                "\",\"imageStatus\":\"ACTIVATING\"}]}");
  struct ecr_images page;
  ck_assert_int_eq(ecr_reply_images(reply.nodes, &page, NULL), 0);
  ck_assert(page.items[0].archived);
  ecr_images_clear(&page);
  json_tree_clear(&reply);
}
END_TEST

START_TEST(batch) {
  struct json_tree reply = tree(
      "{\"images\":[{\"imageId\":{\"imageDigest\":\"" DIGEST_1 "\",\"imageTag\":\"v1\"},"
      "\"imageManifest\":\"{\\n \\\"schemaVersion\\\": 2, \\\"x\\\": \\\"\\u00e4\\\"}\","
      "\"imageManifestMediaType\":\"application/vnd.oci.image.manifest.v1+json\"},"
      "{\"imageId\":{\"imageTag\":\"v1\"},\"imageManifest\":\"{}\"},"
      "{\"imageId\":{\"imageDigest\":\"" DIGEST_2 "\"}}],"
      "\"failures\":[{\"imageId\":{\"imageDigest\":\"" DIGEST_2 "\"},"
      "\"failureCode\":\"ImageNotFound\",\"failureReason\":\"Requested image not found\"},"
      "{\"imageId\":{},\"failureCode\":\"X\"},{\"imageId\":{\"imageDigest\":\"" DIGEST_1 "\"}}]}");
  struct ecr_batch answer;
  ck_assert_int_eq(ecr_reply_batch(reply.nodes, &answer, NULL), 0);
  ck_assert_uint_eq(answer.count, 1);
  const char want[] = "{\n \"schemaVersion\": 2, \"x\": \"\xc3\xa4\"}";
  ck_assert_uint_eq(answer.items[0].length, sizeof want - 1);
  ck_assert_str_eq(answer.items[0].text, want);
  ck_assert_str_eq(answer.items[0].digest, DIGEST_1);
  ck_assert_str_eq(answer.items[0].media_type, "application/vnd.oci.image.manifest.v1+json");
  ck_assert_uint_eq(answer.failure_count, 2);
  ck_assert_str_eq(answer.failures[0].digest, DIGEST_2);
  ck_assert_str_eq(answer.failures[0].code, "ImageNotFound");
  ck_assert_str_eq(answer.failures[0].reason, "Requested image not found");
  ck_assert_ptr_null(answer.failures[1].code);
  ecr_batch_clear(&answer);
  json_tree_clear(&reply);
}
END_TEST

START_TEST(images_say_whose_they_are) {
  static const struct {
    const char *more;
    int result;
  } cases[] = {
      {"", 0},
      {",\"repositoryName\":\"team/app\",\"registryId\":\"123456789012\"", 0},
      {",\"repositoryName\":\"team/ap\"", -1},
      {",\"repositoryName\":\"team/apps\",\"registryId\":\"123456789012\"", -1},
      {",\"repositoryName\":\"team/app\",\"registryId\":\"210987654321\"", -1},
      {",\"repositoryName\":7,\"registryId\":null", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_free) char *text = xasprintf(
        "{\"imageDetails\":[{\"imageDigest\":\"x\"},{\"imageDigest\":\"y\"%s}]}", cases[i].more);
    struct json_tree reply = tree(text);
    struct error *error = NULL;
    ck_assert_int_eq(ecr_reply_images_are_of(reply.nodes, "123456789012", "team/app", &error),
                     cases[i].result);
    if (error)
      ck_assert_str_eq(error->message, "the answer is about another repository");
    ck_assert(!error == !cases[i].result);
    error_free(error);
    json_tree_clear(&reply);
  }
}
END_TEST

START_TEST(answers_that_lack_what_they_must_have) {
  static const char *const bad[] = {"{}", "{\"imageDetails\":{}}", "{\"repositories\":null}",
                                    "{\"images\":\"\"}", "[]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct json_tree reply = tree(bad[i]);
    struct ecr_repositories repository_page;
    struct ecr_images images_page;
    struct ecr_batch answer;
    struct error *error = NULL;
    ck_assert_int_eq(ecr_reply_repositories(reply.nodes, &repository_page, &error), -1);
    ck_assert_int_eq(error->status, STATUS_SERVER_ERROR);
    ck_assert_str_eq(error->message, "the answer has no repositories");
    char *token;
    ck_assert_int_eq(ecr_reply_images(reply.nodes, &images_page, NULL), -1);
    ck_assert_int_eq(ecr_reply_images_next(reply.nodes, &token, NULL), -1);
    ck_assert_int_eq(ecr_reply_batch(reply.nodes, &answer, NULL), -1);
    ck_assert_ptr_null(repository_page.items);
    ck_assert_ptr_null(images_page.items);
    ck_assert_ptr_null(answer.items);
    error_free(error);
    json_tree_clear(&reply);
  }
}
END_TEST

START_TEST(download_url) {
  struct json_tree reply = tree("{\"downloadUrl\":\"https://host/x?y\"}");
  ck_assert_str_eq(ecr_reply_download_url(reply.nodes, NULL), "https://host/x?y");
  json_tree_clear(&reply);
  static const char *const bad[] = {"{}", "{\"downloadUrl\":\"\"}", "{\"downloadUrl\":[]}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct error *error = NULL;
    reply = tree(bad[i]);
    ck_assert_ptr_null(ecr_reply_download_url(reply.nodes, &error));
    ck_assert_int_eq(error->status, STATUS_SERVER_ERROR);
    error_free(error);
    json_tree_clear(&reply);
  }
}
END_TEST

UNIT_MAIN("ecr-reply", tcase_add_test(tcase, repositories); tcase_add_test(tcase, images);
          tcase_add_test(tcase, an_image_on_its_way_back_is_still_archived);
          tcase_add_test(tcase, next_token_is_text); tcase_add_test(tcase, batch);
          tcase_add_test(tcase, images_say_whose_they_are);
          tcase_add_test(tcase, answers_that_lack_what_they_must_have);
          tcase_add_test(tcase, download_url); tcase_add_test(tcase, authorization);)
