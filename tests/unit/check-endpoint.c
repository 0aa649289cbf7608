#include <config.h>

#include "registry/endpoint.h"

#include <string.h>

#include "base/cleanup.h"

#include "unit.h"

static void check(const struct endpoints *endpoints, const char *host, const char *origin,
                  const char *prefix, bool plain) {
  struct endpoint endpoint;
  endpoints_find(endpoints, host, &endpoint);
  ck_assert_str_eq(endpoint.origin, origin);
  ck_assert_str_eq(endpoint.prefix, prefix);
  ck_assert(endpoint.plain == plain);
  endpoint_clear(&endpoint);
}

START_TEST(hosts_are_asked_over_https_but_for_this_machine) {
  struct endpoints *endpoints = endpoints_new();
  check(endpoints, "quay.io", "https://quay.io", "", false);
  check(endpoints, "r.example:5000", "https://r.example:5000", "", false);
  check(endpoints, "docker.io", "https://registry-1.docker.io", "", false);
  check(endpoints, "localhost:5000", "http://localhost:5000", "", true);
  check(endpoints, "127.0.0.1", "http://127.0.0.1", "", true);
  check(endpoints, "[::1]:5000", "http://[::1]:5000", "", true);
  endpoints_free(endpoints);
}
END_TEST

START_TEST(the_scheme_follows_the_options) {
  struct endpoints *endpoints = endpoints_new();
  ck_assert_int_eq(endpoints_plain_http(endpoints, "r.example:5000", NULL), 0);
  ck_assert_int_eq(endpoints_plain_http(endpoints, "r.example:5000", NULL), 0);
  ck_assert_int_eq(endpoints_tls(endpoints, "Localhost:5001", NULL), 0);
  check(endpoints, "r.example:5000", "http://r.example:5000", "", true);
  check(endpoints, "r.example", "https://r.example", "", false);
  check(endpoints, "localhost:5001", "https://localhost:5001", "", false);
  cleanup(cleanup_error) struct error *both = NULL;
  ck_assert_int_eq(endpoints_tls(endpoints, "r.example:5000", &both), -1);
  ck_assert_str_eq(both->message, "r.example:5000 has both --plain-http and --tls");
  cleanup(cleanup_error) struct error *bad = NULL;
  ck_assert_int_eq(endpoints_plain_http(endpoints, "http://r.example", &bad), -1);
  ck_assert_ptr_nonnull(strstr(bad->message, "--plain-http"));
  endpoints_free(endpoints);
}
END_TEST

START_TEST(mirrors_are_asked_instead) {
  struct endpoints *endpoints = endpoints_new();
  ck_assert_int_eq(endpoints_mirror(endpoints, "docker.io=http://127.0.0.1:5000/hub/x/", NULL), 0);
  ck_assert_int_eq(endpoints_mirror(endpoints, "quay.io=HTTPS://Mirror.example", NULL), 0);
  ck_assert_int_eq(endpoints_mirror(endpoints, "localhost:1=https://r.example:9/", NULL), 0);
  check(endpoints, "docker.io", "http://127.0.0.1:5000", "hub/x/", true);
  check(endpoints, "quay.io", "https://mirror.example", "", false);
  check(endpoints, "localhost:1", "https://r.example:9", "", false);
  check(endpoints, "ghcr.io", "https://ghcr.io", "", false);
  endpoints_free(endpoints);
  /* Docker Hub has several names. */
  endpoints = endpoints_new();
  ck_assert_int_eq(endpoints_mirror(endpoints, "index.docker.io=https://m.example", NULL), 0);
  check(endpoints, "docker.io", "https://m.example", "", false);
  endpoints_free(endpoints);
}
END_TEST

START_TEST(what_is_no_mirror_is_refused) {
  static const char *const texts[] = {"",
                                      "docker.io",
                                      "docker.io=",
                                      "docker.io=m.example",
                                      "docker.io=ftp://m.example",
                                      "docker.io=https://",
                                      "docker.io=https://u:p@m.example",
                                      "docker.io=https://m.example/?a=b",
                                      "docker.io=https://m.example/#x",
                                      "docker.io=https://m.example/UPPER",
                                      "docker.io=https://m.example/a/../b",
                                      "docker.io=https://m.example:port",
                                      "=https://m.example",
                                      "a b=https://m.example"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct endpoints *endpoints = endpoints_new();
    cleanup(cleanup_error) struct error *error = NULL;
    ck_assert_msg(endpoints_mirror(endpoints, texts[i], &error) == -1, "%s", texts[i]);
    ck_assert_ptr_nonnull(strstr(error->message, "--mirror"));
    ck_assert_ptr_null(strstr(error->message, "u:p"));
    endpoints_free(endpoints);
  }
  struct endpoints *endpoints = endpoints_new();
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_int_eq(endpoints_mirror(endpoints, "docker.io=https://a.example", NULL), 0);
  ck_assert_int_eq(endpoints_mirror(endpoints, "docker.io=https://b.example", &error), -1);
  endpoints_free(endpoints);
}
END_TEST

START_TEST(origins_are_compared) {
  ck_assert(endpoint_same_origin("https://a.example/x", "https://A.example:443/y?z"));
  ck_assert(endpoint_same_origin("http://a.example", "http://a.example:80/"));
  ck_assert(!endpoint_same_origin("https://a.example", "http://a.example"));
  ck_assert(!endpoint_same_origin("https://a.example", "https://a.example:444"));
  ck_assert(!endpoint_same_origin("https://a.example", "https://a.example.evil"));
  ck_assert(!endpoint_same_origin("https://a.example", "https://b@a.example"));
  ck_assert(!endpoint_same_origin("x", "x"));
}
END_TEST

UNIT_MAIN("endpoint", tcase_add_test(tcase, hosts_are_asked_over_https_but_for_this_machine);
          tcase_add_test(tcase, the_scheme_follows_the_options);
          tcase_add_test(tcase, mirrors_are_asked_instead);
          tcase_add_test(tcase, what_is_no_mirror_is_refused);
          tcase_add_test(tcase, origins_are_compared);)
