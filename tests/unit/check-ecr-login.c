/* Private ECR as a registry: for which hosts a token is got, how often, where from, and when it is
   got anew. AWS is a function that counts. */
#include <config.h>

#include "aws/ecr-login.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

#include "files.h"
#include "unit.h"

#define HOST "123456789012.dkr.ecr.us-east-1.amazonaws.com"

/* The world: variables, a clock, and AWS. */
struct world {
  struct aws_context context;
  const char *variables[16]; /* name, value, … */
  int64_t now;
  int calls;
  int64_t lifetime;
  const char *failure; /* body of a 400 instead; NULL: none */
  int failures;        /* that many more times */
  const char *next_id; /* from that failure on the ID of the keys; NULL: as it is */
  bool away;           /* there is no answer at all */
  char url[256];       /* last asked */
  char body[256];
  char key_id[64];
  char region[64];
  char service[16];
};

static const char *get_variable(void *arg, const char *name) {
  const struct world *world = arg;
  for (const char *const *pair = world->variables; *pair; pair += 2)
    if (strcmp(pair[0], name) == 0)
      return pair[1];
  return NULL;
}

static int64_t get_time(void *arg) {
  const struct world *world = arg;
  return world->now;
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* "AWS:tNNNNN" of call N. */
static void token_for(int n, char text[17]) {
  unsigned char plain[13];
  ck_assert_int_eq(snprintf((char *)plain, sizeof plain, "AWS:token%03d", n), 12);
  for (int i = 0; i < 4; i++) {
    unsigned bits =
        (unsigned)plain[3 * i] << 16 | (unsigned)plain[3 * i + 1] << 8 | plain[3 * i + 2];
    for (int j = 0; j < 4; j++)
      text[4 * i + j] = base64[bits >> (18 - 6 * j) & 63];
  }
  text[16] = '\0';
}

static void set_variable(struct world *world, const char *name, const char *value) {
  size_t i = 0;
  while (world->variables[i] && strcmp(world->variables[i], name) != 0)
    i += 2;
  ck_assert_uint_lt(i + 2, sizeof world->variables / sizeof *world->variables);
  world->variables[i] = name;
  world->variables[i + 1] = value;
}

static int exchange(void *arg, const struct aws_exchange *asked, struct aws_answer *answer,
                    struct error **err) {
  struct world *world = arg;
  const struct http_request *request = &asked->request;
  world->calls++;
  snprintf(world->url, sizeof world->url, "%s", request->url);
  snprintf(world->body, sizeof world->body, "%.*s", (int)request->body_length, request->body);
  ck_assert_ptr_nonnull(request->signature);
  snprintf(world->key_id, sizeof world->key_id, "%s", request->signature->access_key_id);
  snprintf(world->region, sizeof world->region, "%s", request->signature->region);
  snprintf(world->service, sizeof world->service, "%s", request->signature->service);
  if (world->away)
    return error_set(err, STATUS_NETWORK, "%s: away", request->url);
  if (world->failure && world->failures-- > 0) {
    *answer = (struct aws_answer){.status = 400, .body = xstrdup(world->failure)};
    if (world->next_id)
      set_variable(world, "AWS_ACCESS_KEY_ID", world->next_id);
  } else {
    char token[17];
    token_for(world->calls, token);
    *answer = (struct aws_answer){
        .status = 200,
        .body = xasprintf("{\"authorizationData\":[{\"authorizationToken\":\"%s\","
                          "\"expiresAt\":%lld.5}]}",
                          token, (long long)(world->now + world->lifetime))};
  }
  answer->length = strlen(answer->body);
  return 0;
}

static void set_up(struct world *world) {
  *world = (struct world){.now = 1700000000, .lifetime = 43200, .failures = 1 << 30};
  world->context = (struct aws_context){.env = get_variable,
                                        .env_arg = world,
                                        .now = get_time,
                                        .now_arg = world,
                                        .exchange = exchange,
                                        .exchange_arg = world};
  static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
                                          "AKIDEXAMPLE",
                                          "AWS_SECRET_ACCESS_KEY",
                                          "s3cret",
                                          "AWS_CONFIG_FILE",
                                          "/nonexistent/config",
                                          "AWS_SHARED_CREDENTIALS_FILE",
                                          "/nonexistent/credentials",
                                          "AWS_EC2_METADATA_DISABLED",
                                          "true"};
  memcpy(world->variables, variables, sizeof variables);
}

static struct ecr_login *login_for(struct world *world) {
  return ecr_login_new(&world->context, &(struct ecr_login_options){.max_retries = 1});
}

/* The password for HOST; "" none; "STATUS: message" when that is an error. */
static char *ask(struct ecr_login *login, const char *host, const char *refused) {
  cleanup(cleanup_free) char *origin = xasprintf("https://%s", host);
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  cleanup(credential_clear) struct credential shown = CREDENTIAL;
  if (refused)
    shown = (struct credential){
        .kind = CREDENTIAL_PASSWORD, .user = xstrdup("AWS"), .secret = xstrdup(refused)};
  struct error *error = NULL;
  int result =
      ecr_login_credential(login,
                           &(struct credential_question){.origin = origin,
                                                         .host = host,
                                                         .repository = "team/app",
                                                         .refused = refused ? &shown : NULL},
                           &found, &error);
  if (result < 0) {
    char *text = xasprintf("%s: %s", status_name(error->status), error->message);
    error_free(error);
    return text;
  }
  ck_assert_ptr_null(error);
  if (found.kind == CREDENTIAL_NONE)
    return xstrdup("");
  ck_assert_int_eq(found.kind, CREDENTIAL_PASSWORD);
  ck_assert_str_eq(found.user, "AWS");
  ck_assert_ptr_nonnull(found.source);
  return xstrdup(found.secret);
}

static void gives(struct ecr_login *login, const char *host, const char *refused,
                  const char *want) {
  cleanup(cleanup_free) char *got = ask(login, host, refused);
  ck_assert_msg(strcmp(got, want) == 0, "%s: %s, not %s", host, got, want);
}

static void fails(struct ecr_login *login, const char *host, const char *refused,
                  const char *want) {
  cleanup(cleanup_free) char *got = ask(login, host, refused);
  ck_assert_msg(strstr(got, want), "%s: %s, not %s", host, got, want);
  ck_assert_ptr_null(strstr(got, "s3cret"));
}

START_TEST(one_token_for_each_registry) {
  struct world world;
  set_up(&world);
  struct ecr_login *login = login_for(&world);
  gives(login, HOST, NULL, "token001");
  ck_assert_str_eq(world.url, "https://api.ecr.us-east-1.amazonaws.com/");
  ck_assert_str_eq(world.body, "{\"registryIds\":[\"123456789012\"]}");
  ck_assert_str_eq(world.key_id, "AKIDEXAMPLE");
  ck_assert_str_eq(world.region, "us-east-1");
  ck_assert_str_eq(world.service, "ecr");
  for (int i = 0; i < 100; i++)
    gives(login, i % 2 ? HOST : HOST ":443", NULL, "token001");
  gives(login, "123456789012.dkr-ecr.us-east-1.on.aws", NULL, "token001");
  ck_assert_int_eq(world.calls, 1);
  gives(login, "210987654321.dkr.ecr.us-east-1.amazonaws.com", NULL, "token002");
  gives(login, "123456789012.dkr.ecr.eu-west-1.amazonaws.com", NULL, "token003");
  ck_assert_str_eq(world.url, "https://api.ecr.eu-west-1.amazonaws.com/");
  gives(login, "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", NULL, "token004");
  ck_assert_str_eq(world.url, "https://api.ecr.cn-north-1.amazonaws.com.cn/");
  gives(login, "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", NULL, "token005");
  ck_assert_str_eq(world.url, "https://api.ecr-fips.us-gov-west-1.amazonaws.com/");
  gives(login, HOST, NULL, "token001");
  ck_assert_int_eq(world.calls, 5);
  ecr_login_free(login);
}
END_TEST

START_TEST(nobody_else_gets_one) {
  static const char *const hosts[] = {"docker.io",
                                      "public.ecr.aws",
                                      "localhost:5000",
                                      (HOST ":444"),
                                      (HOST ":4430"),
                                      (HOST ".example.org"),
                                      ("x" HOST),
                                      "api.ecr.us-east-1.amazonaws.com",
                                      "123456789012.dkr.ecr.us-east-1.amazonaws.com.cn",
                                      "12345678901.dkr.ecr.us-east-1.amazonaws.com"};
  struct world world;
  set_up(&world);
  struct ecr_login *login = login_for(&world);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    gives(login, hosts[i], NULL, "");
    const struct ca *ca;
    ck_assert_int_eq(ecr_login_ca(login, hosts[i], &ca, NULL), 0);
    ck_assert_ptr_null(ca);
  }
  cleanup(credential_clear) struct credential found = CREDENTIAL;
  ck_assert_int_eq(ecr_login_credential(
                       login, &(struct credential_question){.origin = "http://" HOST, .host = HOST},
                       &found, NULL),
                   0);
  ck_assert_int_eq(found.kind, CREDENTIAL_NONE);
  ck_assert_int_eq(world.calls, 0);
  ecr_login_free(login);
}
END_TEST

START_TEST(a_token_that_runs_out_is_replaced_before) {
  struct world world;
  set_up(&world);
  struct ecr_login *login = login_for(&world);
  gives(login, HOST, NULL, "token001");
  world.now += 43200 - 301;
  gives(login, HOST, NULL, "token001");
  world.now += 2;
  gives(login, HOST, NULL, "token002");
  /* One that lives for seconds is good for most of them. */
  world.lifetime = 10;
  world.now += 43200;
  gives(login, HOST, NULL, "token003");
  world.now += 8;
  gives(login, HOST, NULL, "token003");
  world.now += 1;
  gives(login, HOST, NULL, "token004");
  /* Hundreds are refused that hold the old one. */
  gives(login, HOST, "token003", "token004");
  gives(login, HOST, "token001", "token004");
  ck_assert_int_eq(world.calls, 4);
  ecr_login_free(login);
}
END_TEST

START_TEST(a_token_that_is_refused_is_replaced_once_a_minute) {
  struct world world;
  set_up(&world);
  struct ecr_login *login = login_for(&world);
  gives(login, HOST, NULL, "token001");
  gives(login, HOST, "token001", "token002");
  gives(login, HOST, "token001", "token002");
  fails(login, HOST, "token002", "unauthorized: 123456789012/us-east-1 refuses the token");
  fails(login, HOST, "token002", "unauthorized: ");
  gives(login, HOST, NULL, "token002");
  ck_assert_int_eq(world.calls, 2);
  world.now += 60;
  gives(login, HOST, "token002", "token003");
  /* What somebody else gave is no reason to ask again. */
  gives(login, HOST, "not ours", "token003");
  ck_assert_int_eq(world.calls, 3);
  ecr_login_free(login);
}
END_TEST

START_TEST(a_failure_is_told_to_all_and_asked_about_once_a_minute) {
  struct world world;
  set_up(&world);
  world.failure = "{\"__type\":\"AccessDeniedException\",\"Message\":\"User may not.\"}";
  struct ecr_login *login = login_for(&world);
  for (int i = 0; i < 10; i++)
    fails(login, HOST, NULL,
          "denied: no token to read 123456789012/us-east-1 with: GetAuthorizationToken: "
          "AccessDeniedException: User may not; allow ecr:GetAuthorizationToken");
  ck_assert_int_eq(world.calls, 1);
  world.now += 60;
  world.failure = NULL;
  gives(login, HOST, NULL, "token002");
  ecr_login_free(login);

  world.away = true;
  login = login_for(&world);
  fails(login, HOST, NULL, "network: no token to read 123456789012/us-east-1 with: ");
  ecr_login_free(login);
}
END_TEST

#define EXPIRED "{\"__type\":\"ExpiredTokenException\",\"message\":\"It is expired.\"}"

START_TEST(keys_that_have_expired_are_replaced_once) {
  struct world world;
  set_up(&world);
  world.failure = EXPIRED;
  world.failures = 1;
  world.next_id = "AKIDNEXT";
  struct ecr_login *login = login_for(&world);
  gives(login, HOST, NULL, "token002");
  ck_assert_str_eq(world.key_id, "AKIDNEXT");
  ck_assert_int_eq(world.calls, 2);
  ecr_login_free(login);

  /* The others have expired, too. */
  set_up(&world);
  world.failure = EXPIRED;
  world.next_id = "AKIDNEXT";
  login = login_for(&world);
  fails(login, HOST, NULL, "GetAuthorizationToken: ExpiredTokenException: It is expired; get new");
  ck_assert_int_eq(world.calls, 2);
  ecr_login_free(login);

  /* There are no others. */
  set_up(&world);
  world.failure = EXPIRED;
  login = login_for(&world);
  fails(login, HOST, NULL, "the keys of environment have expired, and there are no others");
  ck_assert_int_eq(world.calls, 1);
  ecr_login_free(login);

  /* What is no expiry is no reason to. */
  set_up(&world);
  world.failure = "{\"__type\":\"UnrecognizedClientException\",\"message\":\"Unknown.\"}";
  world.failures = 1;
  world.next_id = "AKIDNEXT";
  login = login_for(&world);
  fails(login, HOST, NULL, "UnrecognizedClientException: Unknown; check the access key");
  ck_assert_int_eq(world.calls, 1);
  ecr_login_free(login);
}
END_TEST

START_TEST(without_keys_it_says_what_was_looked_for) {
  struct world world;
  set_up(&world);
  set_variable(&world, "AWS_ACCESS_KEY_ID", "");
  set_variable(&world, "AWS_SECRET_ACCESS_KEY", "");
  struct ecr_login *login = login_for(&world);
  fails(login, HOST, NULL, "unauthorized: no token to read 123456789012/us-east-1 with: ");
  fails(login, HOST, NULL, "AWS_ACCESS_KEY_ID");
  ck_assert_int_eq(world.calls, 0);
  ecr_login_free(login);
}
END_TEST

START_TEST(files_that_are_broken_are_these_registries_trouble) {
  struct world world;
  set_up(&world);
  cleanup(cleanup_free) char *broken = files_write("config", "[profile x\n", 11);
  set_variable(&world, "AWS_CONFIG_FILE", broken);
  struct ecr_login *login = login_for(&world);
  gives(login, "docker.io", NULL, "");
  fails(login, HOST, NULL, "unauthorized: no token to read 123456789012/us-east-1 with: ");
  fails(login, HOST, NULL, broken);
  /* What docker was told may do. */
  const struct ca *ca;
  ck_assert_int_eq(ecr_login_ca(login, HOST, &ca, NULL), 0);
  ck_assert_ptr_nonnull(ca);
  ecr_login_free(login);

  set_up(&world);
  set_variable(&world, "AWS_CA_BUNDLE", "/nonexistent/ca.pem");
  login = login_for(&world);
  fails(login, HOST, NULL, "AWS_CA_BUNDLE: /nonexistent/ca.pem: No such file");
  struct error *error = NULL;
  ck_assert_int_eq(ecr_login_ca(login, HOST, &ca, &error), -1);
  ck_assert_int_eq(error->status, STATUS_TLS);
  error_free(error);
  ck_assert_int_eq(world.calls, 0);
  ecr_login_free(login);
}
END_TEST

START_TEST(an_endpoint_that_is_set_is_asked) {
  struct world world;
  set_up(&world);
  set_variable(&world, "AWS_ENDPOINT_URL_ECR", "http://localhost:4566");
  struct ecr_login *login = login_for(&world);
  gives(login, "123456789012.dkr.ecr.ap-south-1.amazonaws.com", NULL, "token001");
  ck_assert_str_eq(world.url, "http://localhost:4566/");
  ck_assert_str_eq(world.region, "ap-south-1");
  ecr_login_free(login);
}
END_TEST

UNIT_MAIN("ecr-login", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, one_token_for_each_registry);
          tcase_add_test(tcase, nobody_else_gets_one);
          tcase_add_test(tcase, a_token_that_runs_out_is_replaced_before);
          tcase_add_test(tcase, a_token_that_is_refused_is_replaced_once_a_minute);
          tcase_add_test(tcase, a_failure_is_told_to_all_and_asked_about_once_a_minute);
          tcase_add_test(tcase, keys_that_have_expired_are_replaced_once);
          tcase_add_test(tcase, without_keys_it_says_what_was_looked_for);
          tcase_add_test(tcase, files_that_are_broken_are_these_registries_trouble);
          tcase_add_test(tcase, an_endpoint_that_is_set_is_asked);)
