#include <config.h>

#include "registry/reference.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#include "unit.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define DIGEST "sha256:" HEX

static void check_canonical(const char *text, const char *expected) {
  struct reference reference = REFERENCE;
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(reference_parse(text, &reference, &err) == 0, "%s: %s", text,
                err ? err->message : "?");
  ck_assert_ptr_null(err);
  cleanup(cleanup_free) char *canonical = reference_format(&reference);
  ck_assert_str_eq(canonical, expected);
  ck_assert((reference.tag == NULL) != (reference.digest == NULL));
  reference_clear(&reference);
  ck_assert_ptr_null(reference.host);

  /* The canonical form names the same thing. */
  ck_assert_int_eq(reference_parse(canonical, &reference, NULL), 0);
  cleanup(cleanup_free) char *again = reference_format(&reference);
  ck_assert_str_eq(again, expected);
  reference_clear(&reference);
}

static void check_refused(const char *text, const char *message) {
  struct reference reference = REFERENCE;
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(reference_parse(text, &reference, &err) == -1, "%s was taken", text);
  ck_assert_ptr_nonnull(err);
  ck_assert_int_eq(err->status, STATUS_INVALID_REFERENCE);
  ck_assert_msg(strstr(err->message, message) != NULL, "%s: %s", text, err->message);
  ck_assert(!reference.host && !reference.repository && !reference.tag && !reference.digest);
}

START_TEST(docker_defaults_are_filled_in) {
  check_canonical("nginx", "docker.io/library/nginx:latest");
  check_canonical("nginx:1.25", "docker.io/library/nginx:1.25");
  check_canonical("nginx@" DIGEST, "docker.io/library/nginx@" DIGEST);
  check_canonical("nginx:1.25@" DIGEST, "docker.io/library/nginx@" DIGEST);
  check_canonical("bitnami/redis", "docker.io/bitnami/redis:latest");
  check_canonical("docker.io/nginx", "docker.io/library/nginx:latest");
  check_canonical("docker.io/library/nginx", "docker.io/library/nginx:latest");
  check_canonical("index.docker.io/nginx:1", "docker.io/library/nginx:1");
  check_canonical("registry-1.docker.io/a/b:1", "docker.io/a/b:1");
  check_canonical("registry.hub.docker.com/library/nginx",
                  "registry.hub.docker.com/library/nginx:latest");
  check_canonical("docker://quay.io/prometheus/prometheus:v2.50.0",
                  "quay.io/prometheus/prometheus:v2.50.0");
  check_canonical("quay.io/one", "quay.io/one:latest");
}
END_TEST

START_TEST(the_host_is_told_from_the_path) {
  check_canonical("localhost/x", "localhost/x:latest");
  check_canonical("localhost:5000/x", "localhost:5000/x:latest");
  check_canonical("registry:5000/x:1", "registry:5000/x:1");
  check_canonical("a.b/x", "a.b/x:latest");
  check_canonical("a/b.c/x", "docker.io/a/b.c/x:latest");
  check_canonical("localhosts/x", "docker.io/localhosts/x:latest");
  check_canonical("127.0.0.1:5000/a/b/c:1", "127.0.0.1:5000/a/b/c:1");
  check_canonical("[::1]:5000/x:1", "[::1]:5000/x:1");
  check_canonical("[fe80::1]/x", "[fe80::1]/x:latest");
  /* As Docker reads it: an image "localhost" with the tag 5000. */
  check_canonical("localhost:5000", "docker.io/library/localhost:5000");
  check_canonical("123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b:1",
                  "123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b:1");
}
END_TEST

START_TEST(a_host_has_one_spelling) {
  check_canonical("Quay.IO/a/b", "quay.io/a/b:latest");
  check_canonical("Index.Docker.io/nginx", "docker.io/library/nginx:latest");
  check_canonical("LOCALHOST/x", "localhost/x:latest");
  check_canonical("[FE80::A]:80/x", "[fe80::a]:80/x:latest");
  /* In lower case it would be Docker Hub's myregistry/x. */
  check_canonical("MyRegistry/x", "MyRegistry/x:latest");
  check_canonical("MyRegistry:5000/x", "myregistry:5000/x:latest");
}
END_TEST

START_TEST(names_follow_the_grammar) {
  check_canonical("a.b/c__d/e---f/g.h/i_j/0", "a.b/c__d/e---f/g.h/i_j/0:latest");
  static const char *const bad[] = {"a.b/-x",    "a.b/x-",    "a.b/x_",   "a.b/x.",   "a.b/.x",
                                    "a.b/x..y",  "a.b/x___y", "a.b/x._y", "a.b/x//y", "a.b/x/",
                                    "a.b/x$y",   "a.b/x+y",   "a.b//x",   "_x/y",     "a.b/x\\y",
                                    "a.b/x%2fy", "a.b/../x",  "a.b/x?y",  "a.b/x#y"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    check_refused(bad[i], "invalid repository name");
  check_refused("nginX", "repository name must be lower case");
  check_refused("quay.io/Foo/bar", "repository name must be lower case");
  check_refused("a.b/", "repository name is missing");
  check_refused("a.b/:1", "repository name is missing");
  check_refused(":1", "repository name is missing");
  check_refused("@" DIGEST, "repository name is missing");
}
END_TEST

START_TEST(tags_follow_the_grammar) {
  check_canonical("x:_", "docker.io/library/x:_");
  check_canonical("x:V1.0-rc.1_A", "docker.io/library/x:V1.0-rc.1_A");
  check_refused("x:", "tag is missing");
  check_refused("a.b/x:", "tag is missing");
  check_refused("x:.a", "invalid tag");
  check_refused("x:-a", "invalid tag");
  check_refused("x:a:b", "invalid tag");
  check_refused("x:a+b", "invalid tag");
  check_refused("x:.a@" DIGEST, "invalid tag");
  check_refused("x:@" DIGEST, "tag is missing");
}
END_TEST

START_TEST(digests_are_validated) {
  check_refused("x@", "digest is missing");
  check_refused("x@" HEX, "invalid digest: an algorithm");
  check_refused("x@sha256:abc", "sha256 has 64");
  check_refused("x@" DIGEST "0", "sha256 has 64");
  check_refused("x@sha512:" HEX, "sha512 has 128");
  check_refused("x@md5:d41d8cd98f00b204e9800998ecf8427e", "unsupported digest algorithm");
  check_refused("x@" DIGEST "@" DIGEST, "sha256 has 64");
  check_refused("x@sha256:44136FA355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                "sha256 has 64");
  check_canonical("x@sha512:" HEX HEX, "docker.io/library/x@sha512:" HEX HEX);
}
END_TEST

START_TEST(what_people_paste_is_told_for_what_it_is) {
  check_refused("", "empty reference");
  check_refused("docker://", "empty reference");
  check_refused("https://quay.io/a/b", "remove the scheme \"https://\"");
  check_refused("docker://https://quay.io/a/b", "remove the scheme \"https://\"");
  check_refused("a.b/averyveryverylongscheme://x", "remove the scheme");
  check_refused(HEX, "an image ID alone names no repository");
  check_refused(DIGEST, "a digest alone names no repository");
  check_refused("a b", "no white space");
  check_refused("a\tb", "no white space");
  check_refused("a\x01", "ASCII");
  check_refused("n\xc3\xa9", "ASCII");
  check_refused("a\x7f", "ASCII");
  /* Not an ID: one digit more, or upper case. */
  check_canonical(HEX "0", "docker.io/library/" HEX "0:latest");
}
END_TEST

START_TEST(hosts_follow_the_grammar) {
  static const char *const good[] = {"a",       "a.b",   "a-b.c",     "localhost:5000",
                                     "1.2.3.4", "[::1]", "[::1]:443", "A.B:65535"};
  static const char *const bad[] = {"",
                                    "-a",
                                    "a-",
                                    "a..b",
                                    ".a",
                                    "a.",
                                    "a_b.c",
                                    "a:",
                                    "a:0",
                                    "a:65536",
                                    "a:99999999999999999999",
                                    "a:1x",
                                    "a:1:2",
                                    "[]",
                                    "[::1",
                                    "[::1]x",
                                    "[::g]",
                                    "a/b",
                                    "a.-b",
                                    "a b",
                                    "[::1]:",
                                    "user@a.b",
                                    "a.b?",
                                    "a.b#",
                                    "[::1%eth0]",
                                    "::1"};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
    ck_assert_msg(reference_host_is_valid(good[i]), "%s", good[i]);
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    ck_assert_msg(!reference_host_is_valid(bad[i]), "%s", bad[i]);
  check_refused("a_b.c/x", "invalid host name");
  check_refused("a.b:99999/x", "invalid host name");
  check_refused("user@a.b/x", "invalid digest");
  check_refused("/x", "invalid repository name");
}
END_TEST

START_TEST(lengths_are_bounded) {
  struct strbuf text = STRBUF(20000);
  strbuf_puts(&text, "a.b/");
  for (int i = 0; i < 255; i++)
    strbuf_putc(&text, 'x');
  struct reference reference = REFERENCE;
  ck_assert_int_eq(reference_parse(strbuf_str(&text), &reference, NULL), 0);
  reference_clear(&reference);
  strbuf_putc(&text, 'x');
  check_refused(strbuf_str(&text), "longer than 255");
  ck_assert(!reference_repository_is_valid(strbuf_str(&text) + 4));
  ck_assert(reference_repository_is_valid(strbuf_str(&text) + 5));

  strbuf_clear(&text);
  strbuf_puts(&text, "x:");
  for (int i = 0; i < 128; i++)
    strbuf_putc(&text, 't');
  ck_assert_int_eq(reference_parse(strbuf_str(&text), &reference, NULL), 0);
  reference_clear(&reference);
  strbuf_putc(&text, 't');
  check_refused(strbuf_str(&text), "longer than 128");
  ck_assert(!reference_tag_is_valid(strbuf_str(&text) + 2));
  ck_assert(reference_tag_is_valid(strbuf_str(&text) + 3));

  strbuf_clear(&text);
  for (int i = 0; i < 5000; i++)
    strbuf_puts(&text, "a.");
  ck_assert(!text.overflow);
  check_refused(strbuf_str(&text), "longer than 255");
  strbuf_puts(&text, "a/x");
  check_refused(strbuf_str(&text), "invalid host name");
  strbuf_free(&text);
}
END_TEST

START_TEST(an_error_that_nobody_wants_is_none) {
  struct reference reference = REFERENCE;
  ck_assert_int_eq(reference_parse("", &reference, NULL), -1);
  ck_assert_int_eq(reference_parse("x:", &reference, NULL), -1);
}
END_TEST

UNIT_MAIN("reference", tcase_add_test(tcase, docker_defaults_are_filled_in);
          tcase_add_test(tcase, the_host_is_told_from_the_path);
          tcase_add_test(tcase, a_host_has_one_spelling);
          tcase_add_test(tcase, names_follow_the_grammar);
          tcase_add_test(tcase, tags_follow_the_grammar);
          tcase_add_test(tcase, digests_are_validated);
          tcase_add_test(tcase, what_people_paste_is_told_for_what_it_is);
          tcase_add_test(tcase, hosts_follow_the_grammar);
          tcase_add_test(tcase, lengths_are_bounded);
          tcase_add_test(tcase, an_error_that_nobody_wants_is_none);)
