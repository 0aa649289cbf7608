/* Which certificates are trusted: who wins, and what is said of files that cannot be used. */
#include <config.h>

#include "net/ca.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

#include "files.h"
#include "unit.h"

/* ARG points to the variables: name, value, …, NULL. */
static const char *lookup(void *arg, const char *name) {
  const char *const *const *variables = arg;
  for (const char *const *pair = variables ? *variables : NULL; pair && *pair; pair += 2)
    if (strcmp(pair[0], name) == 0)
      return pair[1];
  return NULL;
}

/* A certificate in a file NAME. */
static char *certificate(const char *name) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *made = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(made), 0);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  ck_assert_int_gt(X509_sign(made, key, EVP_sha256()), 0);
  char *path = files_path(name);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(PEM_write_X509(file, made), 1);
  fclose(file);
  X509_free(made);
  EVP_PKEY_free(key);
  return path;
}

static void is(const char *got, const char *want) {
  if (want)
    ck_assert_str_eq(got ? got : "(none)", want);
  else
    ck_assert_ptr_null(got);
}

START_TEST(the_first_that_says_something_wins) {
  cleanup(cleanup_free) char *one = certificate("one.pem");
  cleanup(cleanup_free) char *two = certificate("two.pem");
  cleanup(cleanup_free) char *three = certificate("three.pem");
  cleanup(cleanup_free) char *four = certificate("four.pem");
  const char *const all[] = {"SSL_CERT_FILE", one, "AWS_CA_BUNDLE", two, NULL};
  const char *const ssl[] = {"SSL_CERT_FILE", one, "AWS_CA_BUNDLE", "", NULL};
  const char *const none[] = {"SSL_CERT_FILE", "", "SSL_CERT_DIR", "", NULL};
  struct {
    const char *const *env;
    const char *option;
    const char *bundle;
    bool aws;
    const char *file;
    const char *where;
    bool alone;
  } cases[] = {
      {all, four, three, true, four, "--cacert", true},
      {all, four, NULL, false, four, "--cacert", true},
      {all, NULL, three, true, two, "AWS_CA_BUNDLE", true},
      {all, NULL, NULL, true, two, "AWS_CA_BUNDLE", true},
      {all, NULL, NULL, false, one, "SSL_CERT_FILE", false},
      {ssl, NULL, three, true, three, "ca_bundle of profile dev", true},
      {ssl, NULL, NULL, true, one, "SSL_CERT_FILE", false},
      {none, NULL, NULL, true, NULL, NULL, false},
      {none, NULL, NULL, false, NULL, NULL, false},
      {none, NULL, three, true, three, "ca_bundle of profile dev", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(ca_clear) struct ca ca = CA;
    void *arg = &cases[i].env;
    int result = cases[i].aws
                     ? ca_find_aws(cases[i].option, lookup, arg, cases[i].bundle, "dev", &ca, NULL)
                     : ca_find(cases[i].option, lookup, arg, &ca, NULL);
    ck_assert_int_eq(result, 0);
    is(ca.file, cases[i].file);
    is(ca.folder, NULL);
    is(ca.where, cases[i].where);
    ck_assert_int_eq(ca.alone, cases[i].alone);
  }
}
END_TEST

START_TEST(folders_count_where_others_take_them) {
  cleanup(cleanup_free) char *one = certificate("one.pem");
  const char *const *bundle = (const char *const[]){"AWS_CA_BUNDLE", files_folder, NULL};
  cleanup(ca_clear) struct ca aws = CA;
  ck_assert_int_eq(ca_find_aws(NULL, lookup, &bundle, NULL, NULL, &aws, NULL), 0);
  is(aws.file, NULL);
  is(aws.folder, files_folder);
  ck_assert(aws.alone);

  cleanup(cleanup_free) char *two = xasprintf("/nonexistent:%s", files_folder);
  const char *const *both = (const char *const[]){"SSL_CERT_FILE", one, "SSL_CERT_DIR", two, NULL};
  cleanup(ca_clear) struct ca ca = CA;
  ck_assert_int_eq(ca_find(NULL, lookup, &both, &ca, NULL), 0);
  is(ca.file, one);
  is(ca.folder, two);
  is(ca.where, "SSL_CERT_FILE and SSL_CERT_DIR");
  ck_assert(!ca.alone);

  struct ca copy;
  ca_copy(&copy, &ca);
  is(copy.file, one);
  is(copy.folder, two);
  ca_clear(&copy);

  struct error *err = NULL;
  ca_clear(&aws);
  ck_assert_int_eq(ca_find(files_folder, lookup, NULL, &aws, &err), -1);
  ck_assert_ptr_nonnull(strstr(err->message, "--cacert"));
  error_free(err);
}
END_TEST

START_TEST(a_file_that_cannot_be_used_is_told_with_who_named_it) {
  cleanup(cleanup_free) char *text = files_write("text", "no certificate\n", 15);
  struct {
    const char *const *env;
    const char *option;
    const char *bundle;
    const char *said;
  } cases[] = {
      {NULL, "/nonexistent/a", NULL, "--cacert: /nonexistent/a: No such file or directory"},
      {NULL, text, NULL, "text: holds no certificate in PEM form"},
      {(const char *const[]){"SSL_CERT_FILE", "/nonexistent/b", NULL}, NULL, NULL,
       "SSL_CERT_FILE: /nonexistent/b: No such file or directory"},
      {(const char *const[]){"SSL_CERT_DIR", "/nonexistent/c:/nonexistent/d", NULL}, NULL, NULL,
       "SSL_CERT_DIR: /nonexistent/c:/nonexistent/d: no such folder"},
      {(const char *const[]){"AWS_CA_BUNDLE", "/nonexistent/e", NULL}, NULL, NULL,
       "AWS_CA_BUNDLE: /nonexistent/e: No such file or directory"},
      {NULL, NULL, "/nonexistent/f",
       "ca_bundle of profile dev: /nonexistent/f: No such file or directory"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(ca_clear) struct ca ca = CA;
    cleanup(cleanup_error) struct error *err = NULL;
    ck_assert_int_eq(
        ca_find_aws(cases[i].option, lookup, &cases[i].env, cases[i].bundle, "dev", &ca, &err), -1);
    ck_assert_int_eq(err->status, STATUS_LOCAL);
    ck_assert_msg(strstr(err->message, cases[i].said), "%s", err->message);
    is(ca.file, NULL);
    is(ca.where, NULL);
  }
}
END_TEST

UNIT_MAIN("ca", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, the_first_that_says_something_wins);
          tcase_add_test(tcase, folders_count_where_others_take_them);
          tcase_add_test(tcase, a_file_that_cannot_be_used_is_told_with_who_named_it);)
