#include <config.h>

#include "registry/client.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "registry-fixture.h"
#include "registry/digest.h"
#include "registry/manifest.h"
#include "unit.h"

/* ---- manifests ---- */

START_TEST(a_manifest_is_asked_for_in_all_its_types) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY,
      response("200 OK", "Content-Type: " MEDIA_TYPE_OCI_MANIFEST "\r\n", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  ck_assert_uint_eq(result.calls, 0);
  run(&fixture);
  check_good(&result);
  ck_assert_str_eq(result.body, BODY);
  ck_assert_str_eq(result.digest, fixture.digest);
  ck_assert_str_eq(result.media_type, MEDIA_TYPE_OCI_MANIFEST);
  server_stop(fixture.servers[REGISTRY]);
  const char *request = asked(&fixture, REGISTRY, 0);
  ck_assert(has(request, "GET /v2/a/b/manifests/v1 HTTP/1.1\r\n"));
  ck_assert_msg(has(request, "\r\nAccept: " MEDIA_TYPE_OCI_INDEX ", " MEDIA_TYPE_OCI_MANIFEST
                             ", " MEDIA_TYPE_DOCKER_LIST ", " MEDIA_TYPE_DOCKER_MANIFEST ", "),
                "%s", request);
  ck_assert(has(request, MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED));
  ck_assert(!has(request, "Authorization"));
  finish(&fixture);
}
END_TEST

START_TEST(head_tells_the_digest_of_the_header) {
  static const char *const headers[] = {"Docker-Content-Digest: " WRONG "\r\n", "",
                                        "Docker-Content-Digest: sha256:12\r\n"};
  struct fixture fixture = FIXTURE;
  for (size_t i = 0; i < 3; i++)
    say(&fixture, REGISTRY,
        xasprintf("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n%s\r\n", headers[i]));
  start(&fixture);
  struct result results[3] = {{.calls = 0}, {.calls = 0}, {.calls = 0}};
  for (size_t i = 0; i < 3; i++) {
    registry_manifest(fixture.client, fixture.host, "a/b", "v1", true, take, &results[i]);
    run(&fixture);
    check_good(&results[i]);
  }
  ck_assert_str_eq(results[0].digest, WRONG);
  ck_assert_ptr_null(results[1].digest);
  ck_assert_ptr_null(results[2].digest);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 0), "HEAD /v2/a/b/manifests/v1 "));
  ck_assert(has(asked(&fixture, REGISTRY, 0), "\r\nAccept: " MEDIA_TYPE_OCI_INDEX ", "));
  finish(&fixture);
  for (size_t i = 0; i < 3; i++)
    cleanup_result(&results[i]);
}
END_TEST

START_TEST(a_wrong_header_is_noted_and_the_bytes_count) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "Docker-Content-Digest: " WRONG "\r\n", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_good(&result);
  ck_assert_str_eq(result.digest, fixture.digest);
  ck_assert_ptr_nonnull(strstr(strbuf_str(&fixture.notes), WRONG));
  finish(&fixture);
}
END_TEST

START_TEST(other_bytes_than_the_digest_are_refused) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  RESULT manifest = {.calls = 0}, blob = {.calls = 0}, good = {.calls = 0}, small = {.calls = 0};
  get(&fixture, WRONG, &manifest);
  registry_blob(fixture.client, fixture.host, "a/b", WRONG, 100, take, &blob);
  registry_blob(fixture.client, fixture.host, "a/b", fixture.digest, 100, take, &good);
  registry_blob(fixture.client, fixture.host, "a/b", fixture.digest, strlen(BODY) - 1, take,
                &small);
  run(&fixture);
  check_failed(&manifest, STATUS_DIGEST_MISMATCH, "other bytes than " WRONG);
  check_failed(&blob, STATUS_DIGEST_MISMATCH, "other bytes than " WRONG);
  check_failed(&small, STATUS_TOO_LARGE, "");
  check_good(&good);
  ck_assert_str_eq(good.body, BODY);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 1), "GET /v2/a/b/blobs/" WRONG " "));
  finish(&fixture);
}
END_TEST

START_TEST(errors_of_the_registry_are_told) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY,
      response("404 Not Found", "",
               "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"unknown\"}]}"));
  say(&fixture, REGISTRY,
      response("403 Forbidden", "", "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\"}]}"));
  start(&fixture);
  RESULT lost = {.calls = 0}, limited = {.calls = 0};
  get(&fixture, "v1", &lost);
  get(&fixture, "v2", &limited);
  run(&fixture);
  check_failed(&lost, STATUS_NOT_FOUND, "answered: unknown");
  ck_assert(lost.answered);
  check_failed(&limited, STATUS_RATE_LIMITED, "TOOMANYREQUESTS");
  finish(&fixture);
}
END_TEST

START_TEST(nobody_there_is_no_answer) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  server_stop(fixture.servers[REGISTRY]);
  server_free(fixture.servers[REGISTRY]);
  fixture.servers[REGISTRY] = NULL;
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  run(&fixture);
  check_failed(&result, STATUS_NETWORK, fixture.host);
  ck_assert(!result.answered);
  finish(&fixture);
}
END_TEST

START_TEST(a_mirror_is_asked_below_its_prefix) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  cleanup(cleanup_free) char *mirror = xasprintf("docker.io=http://%s/hub", fixture.host);
  ck_assert_int_eq(registry_client_mirror(fixture.client, mirror, NULL), 0);
  RESULT result = {.calls = 0};
  registry_manifest(fixture.client, "docker.io", "library/nginx", "1", false, take, &result);
  run(&fixture);
  check_good(&result);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 0), "GET /v2/hub/library/nginx/manifests/1 "));
  finish(&fixture);
}
END_TEST

/* ---- lists ---- */

START_TEST(lists_are_paged) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY,
      response("200 OK", "Link: </v2/a/b/tags/list?last=x&n=1000>; rel=\"next\"\r\n", "{}"));
  say(&fixture, REGISTRY,
      response("200 OK", "Link: </v2/a/b/tags/list?last=x&n=1000>; rel=\"next\"\r\n", "{}"));
  say(&fixture, REGISTRY, response("200 OK", "", "{}"));
  start(&fixture);
  RESULT first = {.calls = 0}, ring = {.calls = 0}, catalog = {.calls = 0};
  registry_tags(fixture.client, fixture.host, "a/b", NULL, take, &first);
  run(&fixture);
  check_good(&first);
  ck_assert_str_eq(first.next, "/v2/a/b/tags/list?last=x&n=1000");
  registry_tags(fixture.client, fixture.host, "a/b", first.next, take, &ring);
  run(&fixture);
  check_failed(&ring, STATUS_SERVER_ERROR, "leads to itself");
  registry_catalog(fixture.client, fixture.host, NULL, take, &catalog);
  run(&fixture);
  check_good(&catalog);
  ck_assert_ptr_null(catalog.next);
  server_stop(fixture.servers[REGISTRY]);
  ck_assert(has(asked(&fixture, REGISTRY, 0), "GET /v2/a/b/tags/list?n=1000 "));
  ck_assert(has(asked(&fixture, REGISTRY, 1), "GET /v2/a/b/tags/list?last=x&n=1000 "));
  ck_assert(has(asked(&fixture, REGISTRY, 2), "GET /v2/_catalog?n=1000 "));
  finish(&fixture);
}
END_TEST

START_TEST(a_challenge_from_elsewhere_is_not_answered) {
  struct fixture fixture = FIXTURE;
  say(&fixture, TOKENS,
      response("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:1/\"\r\n",
               ""));
  int port = start_server(&fixture, TOKENS);
  cleanup(cleanup_free) char *location = xasprintf("Location: http://127.0.0.1:%d/x\r\n", port);
  say(&fixture, REGISTRY, response("307 Temporary Redirect", location, ""));
  start(&fixture);
  RESULT result = {.calls = 0};
  registry_blob(fixture.client, fixture.host, "a/b", WRONG, 100, take, &result);
  run(&fixture);
  check_failed(&result, STATUS_UNAUTHORIZED, "HTTP status 401");
  finish(&fixture);
}
END_TEST

START_TEST(what_is_under_way_ends_with_http) {
  struct fixture fixture = FIXTURE;
  say(&fixture, REGISTRY, response("200 OK", "", BODY));
  start(&fixture);
  RESULT result = {.calls = 0};
  get(&fixture, "v1", &result);
  http_free(fixture.http);
  fixture.http = NULL;
  check_failed(&result, STATUS_LOCAL, "");
  finish(&fixture);
}
END_TEST

UNIT_MAIN("registry-client", tcase_add_test(tcase, a_manifest_is_asked_for_in_all_its_types);
          tcase_add_test(tcase, head_tells_the_digest_of_the_header);
          tcase_add_test(tcase, a_wrong_header_is_noted_and_the_bytes_count);
          tcase_add_test(tcase, other_bytes_than_the_digest_are_refused);
          tcase_add_test(tcase, errors_of_the_registry_are_told);
          tcase_add_test(tcase, nobody_there_is_no_answer);
          tcase_add_test(tcase, a_mirror_is_asked_below_its_prefix);
          tcase_add_test(tcase, lists_are_paged);
          tcase_add_test(tcase, a_challenge_from_elsewhere_is_not_answered);
          tcase_add_test(tcase, what_is_under_way_ends_with_http);)
