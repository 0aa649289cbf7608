#include <config.h>

#include "aws/sts.h"

#include <stdio.h>
#include <string.h>

#include "aws-world.h"
#include "base/cleanup.h"

#define ARN "arn:aws:iam::123456789012:role/team/reader"

static const char granted[] =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
    "<AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId>"
    "<Arn>arn:aws:sts::123456789012:assumed-role/reader/me</Arn></AssumedRoleUser>"
    "<Credentials><SecretAccessKey>a/b+c&amp;d&#x3d;</SecretAccessKey>\n"
    "<SessionToken>T\303\266ken</SessionToken><AccessKeyId>ASIA1</AccessKeyId>"
    "<Expiration>2001-09-09T02:46:40.000Z</Expiration></Credentials>"
    "<Arn>not this one</Arn></AssumeRoleResult></AssumeRoleResponse>";

/* The same with a token that can be signed with. */
static char *granted_answer(void) {
  char *text = xstrdup(granted), *token = strstr(text, "T\303\266ken");
  memcpy(token, "T/ke+=", 6);
  return text;
}

static const char denied[] =
    "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: a is not "
    "authorized to perform: sts:AssumeRole on resource: b.</Message></Error></ErrorResponse>";

static int grant(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                 struct error **err) {
  (void)arg, (void)exchange, (void)err;
  char *text = granted_answer();
  world_answer(answer, 200, text);
  free(text);
  return 0;
}

static int deny(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                struct error **err) {
  (void)arg, (void)exchange, (void)err;
  world_answer(answer, 403, denied);
  return 0;
}

static struct aws_credentials *keys_of_somebody(void) {
  static const char *const where[3] = {"a", "b", "c"};
  struct aws_credentials *keys =
      aws_credentials_new("AKIDSOURCE", "very+secret", "session+token", where, "somebody", NULL);
  ck_assert_ptr_nonnull(keys);
  return keys;
}

START_TEST(a_role_is_asked_for_as_documented) {
  struct world world;
  world_init(&world);
  world_set(&world, "AWS_ENDPOINT_URL", "http://127.0.0.1:1/sts");
  world.server = grant;
  const struct sts sts = {.context = &world.context, .region = "eu-west-1"};
  struct aws_credentials *source = keys_of_somebody();
  const struct sts_role role = {
      .arn = ARN, .session_name = "me@home", .external_id = "a b&c=d+\303\266", .duration = 900};
  struct aws_credentials *keys = sts_assume_role(&sts, source, &role, NULL);
  ck_assert_ptr_nonnull(keys);
  ck_assert_str_eq(strbuf_str(&world.traced),
                   "POST http://127.0.0.1:1/sts AKIDSOURCE "
                   "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012"
                   "%3Arole%2Fteam%2Freader&RoleSessionName=me%40home"
                   "&ExternalId=a+b%26c%3Dd%2B%C3%B6&DurationSeconds=900\n");
  ck_assert_str_eq(keys->access_key_id, "ASIA1");
  ck_assert_str_eq(keys->secret_access_key, "a/b+c&d=");
  ck_assert_str_eq(keys->session_token, "T/ke+=");
  ck_assert_int_eq(keys->expiry, 1000003600);
  ck_assert_str_eq(keys->account, "123456789012");
  ck_assert(keys->confirmed);
  ck_assert_str_eq(keys->provider, "role " ARN);
  aws_credentials_free(keys);
  aws_credentials_free(source);
  world_clear(&world);
}
END_TEST

static int check_signature(void *arg, const struct aws_exchange *exchange,
                           struct aws_answer *answer, struct error **err) {
  const struct http_signature *signature = exchange->request.signature;
  ck_assert_ptr_nonnull(signature);
  ck_assert_str_eq(signature->service, "sts");
  ck_assert_str_eq(signature->region, "eu-central-1");
  ck_assert_str_eq(signature->secret_access_key, "very+secret");
  ck_assert_str_eq(signature->session_token, "session+token");
  ck_assert(!exchange->request.follow);
  return grant(arg, exchange, answer, err);
}

START_TEST(the_region_is_the_environments_when_none_is_given) {
  struct world world;
  world_init(&world);
  world_set(&world, "AWS_REGION", "eu-central-1");
  world.server = check_signature;
  const struct sts sts = {.context = &world.context};
  struct aws_credentials *source = keys_of_somebody();
  struct aws_credentials *keys =
      sts_assume_role(&sts, source, &(struct sts_role){.arn = ARN}, NULL);
  ck_assert_ptr_nonnull(keys);
  ck_assert_ptr_nonnull(strstr(strbuf_str(&world.traced), "&RoleSessionName=ocidup-1000000000\n"));
  aws_credentials_free(keys);

  world_set(&world, "AWS_REGION", "");
  struct error *error = NULL;
  ck_assert_ptr_null(sts_assume_role(&sts, source, &(struct sts_role){.arn = ARN}, &error));
  ck_assert_ptr_nonnull(strstr(error->message, "AssumeRole: no AWS region"));
  ck_assert_int_eq(world.asked, 1);
  error_free(error);
  aws_credentials_free(source);
  world_clear(&world);
}
END_TEST

static int check_global(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                        struct error **err) {
  ck_assert_str_eq(exchange->request.url, "https://sts.amazonaws.com/");
  ck_assert_str_eq(exchange->request.signature->region, "us-east-1");
  return grant(arg, exchange, answer, err);
}

static int check_region_of_global(void *arg, const struct aws_exchange *exchange,
                                  struct aws_answer *answer, struct error **err) {
  ck_assert_str_eq(exchange->request.signature->region, "us-east-1");
  return grant(arg, exchange, answer, err);
}

START_TEST(the_global_endpoint_wants_its_own_region) {
  struct world world;
  world_init(&world);
  world_set(&world, "AWS_STS_REGIONAL_ENDPOINTS", "legacy");
  world.server = check_global;
  const struct sts sts = {.context = &world.context, .region = "eu-central-1"};
  struct aws_credentials *source = keys_of_somebody();
  struct aws_credentials *keys =
      sts_assume_role(&sts, source, &(struct sts_role){.arn = ARN}, NULL);
  ck_assert_ptr_nonnull(keys);
  aws_credentials_free(keys);
  aws_credentials_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(a_token_is_not_signed) {
  struct world world;
  world_init(&world);
  world_set(&world, "AWS_ENDPOINT_URL", "http://127.0.0.1:1/");
  world.server = grant;
  const struct sts sts = {.context = &world.context, .region = "eu-west-1"};
  struct aws_credentials *keys = sts_assume_role_with_web_identity(
      &sts, "ey.J/h+=", &(struct sts_role){.arn = "r", .session_name = "s"}, NULL);
  ck_assert_ptr_nonnull(keys);
  ck_assert_str_eq(strbuf_str(&world.traced),
                   "POST http://127.0.0.1:1/ - Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                   "&RoleArn=r&RoleSessionName=s&WebIdentityToken=ey.J%2Fh%2B%3D\n");
  ck_assert_ptr_null(strstr(strbuf_str(&world.notes), "ey.J"));
  aws_credentials_free(keys);
  world_clear(&world);
}
END_TEST

/* What STS_READ makes of an answer. */
static void fails(long status, const char *body, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(sts_read("AssumeRole", ARN, status, body, strlen(body), &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status,
                   strstr(message, ": AccessDenied") ? STATUS_DENIED : STATUS_UNAUTHORIZED);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

START_TEST(failures_are_told) {
  fails(403, denied,
        "AssumeRole: AccessDenied: User: a is not authorized to perform: sts:AssumeRole on "
        "resource: b; the role's trust policy must allow it");
  fails(400, "<ErrorResponse><Error><Code>Odd</Code></Error></ErrorResponse>", "AssumeRole: Odd");
  fails(403, "", "AssumeRole: HTTP status 403");
  fails(500, "<html>", "AssumeRole: HTTP status 500");
  fails(400, "{\"Error\":{\"Code\":\"X\"}}", "AssumeRole: HTTP status 400");
  fails(400, "<Error><Code>A\033[31m\nB</Code></Error>", "AssumeRole: HTTP status 400");
  fails(400, "<Error><Code>A</Code><Message>\xe2\x80\xae turned\nmore</Message></Error>",
        "AssumeRole: A: \xef\xbf\xbd turned");
  /* A long message is cut, and not within a character. */
  cleanup(strbuf_free) struct strbuf said = STRBUF(4096), cut = STRBUF(4096);
  strbuf_puts(&said, "<Error><Code>A</Code><Message>x");
  strbuf_puts(&cut, "AssumeRole: A: x");
  for (size_t i = 0; i < 400; i++) {
    strbuf_puts(&said, "\303\266");
    if (i < 255)
      strbuf_puts(&cut, "\303\266");
  }
  strbuf_puts(&said, "</Message></Error>");
  fails(400, strbuf_str(&said), strbuf_str(&cut));
}
END_TEST

START_TEST(answers_without_keys_are_no_success) {
  fails(200, "", "AssumeRole: the answer cannot be read: no element found: is the endpoint STS's?");
  fails(200, "ok", "AssumeRole: the answer cannot be read: syntax error: is the endpoint STS's?");
  fails(200, "<a/>", "AssumeRole: the answer has no AccessKeyId: is the endpoint STS's?");
  fails(200, denied, "AssumeRole: the answer has no AccessKeyId: is the endpoint STS's?");
  fails(200, "<!DOCTYPE a><a/>",
        "AssumeRole: the answer cannot be read: a document type: is the endpoint STS's?");
  fails(200,
        "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a>"
        "</a></a></a></a></a></a></a>",
        "AssumeRole: the answer cannot be read: nested too deep: is the endpoint STS's?");
  cleanup(strbuf_free) struct strbuf large = STRBUF(1 << 20);
  for (size_t i = 0; i <= 256 * 1024; i++)
    strbuf_putc(&large, ' ');
  fails(200, strbuf_str(&large),
        "AssumeRole: the answer cannot be read: too large: is the endpoint STS's?");
  fails(200, granted,
        "AssumeRole: SessionToken of the answer holds white space or a character "
        "that no key has");
}
END_TEST

/* Each element is needed, and a value is that of its own element. */
START_TEST(every_part_is_needed) {
  static const char *const names[] = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                      "Expiration", "Credentials"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char *text = granted_answer();
    char tag[32];
    (void)snprintf(tag, sizeof tag, "<%s>", names[i]);
    strstr(text, tag)[1] = 'X';
    (void)snprintf(tag, sizeof tag, "</%s>", names[i]);
    strstr(text, tag)[2] = 'X';
    struct error *error = NULL;
    ck_assert_ptr_null(sts_read("AssumeRole", ARN, 200, text, strlen(text), &error));
    ck_assert_ptr_nonnull(strstr(error->message, i < 4 ? names[i] : "AccessKeyId"));
    error_free(error);
    free(text);
  }
  char *text = granted_answer();
  strstr(text, "2001")[0] = 'x';
  fails(200, text, "AssumeRole: the answer's Expiration is no time");
  free(text);
}
END_TEST

static bool (*asked_transient)(const struct http_response *response);

static int keep_transient(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                          struct error **err) {
  asked_transient = exchange->request.transient;
  ck_assert_uint_gt(exchange->retries, 0);
  return deny(arg, exchange, answer, err);
}

static bool is_transient(long status, const char *body) {
  return asked_transient(
      &(struct http_response){.status = status, .body = body, .length = strlen(body)});
}

START_TEST(throttling_is_tried_again) {
  struct world world;
  world_init(&world);
  world.server = keep_transient;
  const struct sts sts = {.context = &world.context, .region = "eu-west-1"};
  struct aws_credentials *source = keys_of_somebody();
  ck_assert_ptr_null(sts_assume_role(&sts, source, &(struct sts_role){.arn = ARN}, NULL));
  ck_assert(is_transient(400, "<E><Error><Code>Throttling</Code></Error></E>"));
  ck_assert(is_transient(400, "<E><Error><Code>IDPCommunicationError</Code></Error></E>"));
  ck_assert(!is_transient(403, denied));
  ck_assert(!is_transient(400, ""));
  ck_assert(!is_transient(200, "<E><Error><Code>Throttling</Code></Error></E>"));
  aws_credentials_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(the_global_endpoint_is_signed_for_its_region) {
  struct world world;
  world_init(&world);
  world_set(&world, "AWS_STS_REGIONAL_ENDPOINTS", "legacy");
  world.server = check_region_of_global;
  const struct sts sts = {.context = &world.context, .region = "eu-west-1"};
  struct aws_credentials *source = keys_of_somebody();
  struct aws_credentials *keys =
      sts_assume_role(&sts, source, &(struct sts_role){.arn = ARN}, NULL);
  ck_assert_ptr_nonnull(keys);
  ck_assert_int_eq(strncmp(strbuf_str(&world.traced), "POST https://sts.amazonaws.com/ ", 32), 0);
  aws_credentials_free(keys);
  aws_credentials_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(no_answer_is_told) {
  struct world world;
  world_init(&world);
  world_set(&world, "AWS_ENDPOINT_URL", "http://127.0.0.1:1/");
  const struct sts sts = {.context = &world.context, .region = "eu-west-1"};
  struct aws_credentials *source = keys_of_somebody();
  struct error *error = NULL;
  ck_assert_ptr_null(sts_assume_role(&sts, source, &(struct sts_role){.arn = ARN}, &error));
  ck_assert_str_eq(error->message, "AssumeRole: http://127.0.0.1:1/: nobody is there");
  error_free(error);
  aws_credentials_free(source);
  world_clear(&world);
}
END_TEST

UNIT_MAIN("sts", tcase_add_test(tcase, a_role_is_asked_for_as_documented);
          tcase_add_test(tcase, the_region_is_the_environments_when_none_is_given);
          tcase_add_test(tcase, the_global_endpoint_wants_its_own_region);
          tcase_add_test(tcase, a_token_is_not_signed); tcase_add_test(tcase, failures_are_told);
          tcase_add_test(tcase, answers_without_keys_are_no_success);
          tcase_add_test(tcase, every_part_is_needed);
          tcase_add_test(tcase, throttling_is_tried_again);
          tcase_add_test(tcase, the_global_endpoint_is_signed_for_its_region);
          tcase_add_test(tcase, no_answer_is_told);)
