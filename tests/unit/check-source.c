#include <config.h>

#include "aws/source.h"

#include <stdio.h>
#include <string.h>

#include "aws-world.h"
#include "base/timestamp.h"
#include "files.h"

#define ROLE "arn:aws:iam::123456789012:role/reader"

/* ---- a machine whose keys come from a web identity, by a STS that is a function ---- */

static struct {
  int64_t life;   /* seconds that keys live */
  bool same_keys; /* the same ones each time, with the same end */
  bool broken;
  int64_t end; /* of the keys that were given */
} sts;

static int serve(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                 struct error **err) {
  const struct world *world = arg;
  (void)err;
  if (sts.broken) {
    world_answer(answer, 400, "<E><Error><Code>Odd</Code></Error></E>");
    return 0;
  }
  if (!sts.same_keys || sts.end == 0)
    sts.end = world->now + sts.life;
  char *end = timestamp_format(sts.end);
  const struct http_signature *signature = exchange->request.signature;
  char *text = xasprintf("<R><Credentials><AccessKeyId>ASIA%d%s%s</AccessKeyId>"
                         "<SecretAccessKey>Secret0</SecretAccessKey>"
                         "<SessionToken>Token0</SessionToken><Expiration>%s</Expiration>"
                         "</Credentials></R>",
                         sts.same_keys ? 0 : world->asked, signature ? "-by-" : "",
                         signature ? signature->access_key_id : "", end);
  world_answer(answer, 200, text);
  free(text);
  free(end);
  return 0;
}

static void machine(struct world *world, int64_t life) {
  memset(&sts, 0, sizeof sts);
  sts.life = life;
  world_init(world);
  world->server = serve;
  char *token = files_write("token", "ey.token\n", 9);
  world_set(world, "HOME", files_folder);
  world_set(world, "AWS_REGION", "eu-west-1");
  world_set(world, "AWS_ENDPOINT_URL", "http://127.0.0.1:1/");
  world_set(world, "AWS_WEB_IDENTITY_TOKEN_FILE", token);
  world_set(world, "AWS_ROLE_ARN", ROLE);
  free(token);
}

static struct aws_source *source_of(struct world *world) {
  return aws_source_new(&world->context, NULL, &(struct aws_source_options){.profile = NULL});
}

/* The key that SOURCE gives now. */
static const char *key(struct aws_source *source) {
  struct error *error = NULL;
  const struct aws_credentials *keys = aws_source_get(source, &error);
  ck_assert_msg(keys != NULL, "%s", error ? error->message : "no error");
  ck_assert_ptr_null(error);
  return keys->access_key_id;
}

static void refuses(struct aws_source *source, const char *message) {
  struct error *error = NULL;
  ck_assert_ptr_null(aws_source_get(source, &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_int_eq(error->status, STATUS_UNAUTHORIZED);
  ck_assert_str_eq(error->message, message);
  error_free(error);
}

#define BROKEN "AWS credentials: web identity: role " ROLE ": AssumeRoleWithWebIdentity: Odd"

/* ---- renewal ---- */

START_TEST(keys_are_renewed_when_a_quarter_is_left_or_15_minutes) {
  static const struct {
    int64_t life, renewed; /* seconds after they came */
  } cases[] = {{1, 1},       {2, 1},        {3, 2},       {4, 3},
               {5, 3},       {900, 675},    {3600, 2700}, {3601, 3601 - 900},
               {7200, 6300}, {43200, 42300}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct world world;
    machine(&world, cases[i].life);
    struct aws_source *source = source_of(&world);
    ck_assert_int_eq(world.asked, 0);
    ck_assert_str_eq(key(source), "ASIA1");
    ck_assert_str_eq(key(source), "ASIA1");
    world.now += cases[i].renewed - 1;
    ck_assert_msg(strcmp(key(source), "ASIA1") == 0, "life %d: too early", (int)cases[i].life);
    ck_assert_int_eq(world.asked, 1);
    world.now++;
    ck_assert_msg(strcmp(key(source), "ASIA2") == 0, "life %d: too late", (int)cases[i].life);
    ck_assert_int_eq(world.asked, 2);
    aws_source_free(source);
    world_clear(&world);
  }
}
END_TEST

START_TEST(keys_of_seconds_are_not_asked_for_anew_each_time) {
  struct world world;
  machine(&world, 3);
  struct aws_source *source = source_of(&world);
  for (int i = 0; i < 3000; i++) {
    (void)key(source);
    world.now += i % 100 == 99;
  }
  ck_assert_int_eq(world.asked, 15);
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(a_provider_that_keeps_its_keys_is_asked_seldom) {
  struct world world;
  machine(&world, 3600);
  sts.same_keys = true;
  struct aws_source *source = source_of(&world);
  for (int i = 0; i < 3595; i++, world.now++)
    ck_assert_str_eq(key(source), "ASIA0");
  ck_assert_int_lt(world.asked, 25);
  ck_assert_ptr_null(strstr(strbuf_str(&world.notes), "renewed: "));
  sts.end = 0;
  world.now += 10;
  ck_assert_str_eq(key(source), "ASIA0");
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(old_keys_are_used_until_they_have_run_out) {
  struct world world;
  machine(&world, 3600);
  struct aws_source *source = source_of(&world);
  ck_assert_str_eq(key(source), "ASIA1");
  sts.broken = true;
  world.now += 2700;
  for (int i = 0; i < 900; i++, world.now++)
    ck_assert_str_eq(key(source), "ASIA1");
  ck_assert_int_lt(world.asked, 25);
  ck_assert_ptr_nonnull(strstr(strbuf_str(&world.notes),
                               "credentials: not renewed, the old ones are used: web identity: "));
  int asked = world.asked;
  refuses(source, BROKEN);
  ck_assert_int_eq(world.asked, asked + 1);
  world.now += 59;
  refuses(source, BROKEN);
  ck_assert_int_eq(world.asked, asked + 1);
  sts.broken = false;
  world.now++;
  (void)key(source);
  ck_assert_int_eq(world.asked, asked + 2);
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(a_first_failure_stands_for_a_minute) {
  struct world world;
  machine(&world, 3600);
  sts.broken = true;
  struct aws_source *source = source_of(&world);
  refuses(source, BROKEN);
  sts.broken = false;
  world.now += 59;
  refuses(source, BROKEN);
  ck_assert_int_eq(world.asked, 1);
  world.now++;
  ck_assert_str_eq(key(source), "ASIA2");
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(keys_that_have_run_out_are_none) {
  struct world world;
  machine(&world, -5);
  struct aws_source *source = source_of(&world);
  refuses(source, "AWS credentials: the keys of web identity: role " ROLE
                  " have expired (2001-09-09T01:46:35Z): get new ones, or check this machine's "
                  "clock");
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

/* ---- a service says that they have expired ---- */

START_TEST(refused_keys_are_renewed_once) {
  struct world world;
  machine(&world, 3600);
  struct aws_source *source = source_of(&world);
  aws_source_expired(source, "nothing yet");
  ck_assert_str_eq(key(source), "ASIA1");
  world.now += 60;
  aws_source_expired(source, "ASIA0");
  ck_assert_str_eq(key(source), "ASIA1");
  aws_source_expired(source, "ASIA1");
  aws_source_expired(source, "ASIA1");
  ck_assert_str_eq(key(source), "ASIA2");
  aws_source_expired(source, "ASIA1"); /* of a request that was under way */
  ck_assert_str_eq(key(source), "ASIA2");
  ck_assert_int_eq(world.asked, 2);
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(the_very_same_keys_again_are_an_error) {
  struct world world;
  machine(&world, 3600);
  sts.same_keys = true;
  struct aws_source *source = source_of(&world);
  ck_assert_str_eq(key(source), "ASIA0");
  world.now += 60;
  aws_source_expired(source, "ASIA0");
  const char *message = "AWS credentials: a service says that the keys of web identity: role " ROLE
                        " have expired, and there are no others: get new ones";
  refuses(source, message);
  refuses(source, message);
  aws_source_expired(source, "ASIA0");
  refuses(source, message);
  ck_assert_int_eq(world.asked, 2);
  sts.same_keys = false;
  world.now += 60;
  ck_assert_str_eq(key(source), "ASIA3");
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(keys_refused_at_once_again_and_again_are_an_error) {
  struct world world;
  machine(&world, 3600);
  struct aws_source *source = source_of(&world);
  (void)key(source);
  for (int i = 0; i < 4; i++) {
    aws_source_expired(source, aws_source_get(source, NULL)->access_key_id);
    (void)key(source);
  }
  aws_source_expired(source, aws_source_get(source, NULL)->access_key_id);
  refuses(source, "AWS credentials: the keys of web identity: role " ROLE
                  " are refused as expired each time that they were renewed: check this machine's "
                  "clock");
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(keys_refused_after_a_while_may_be_renewed_for_ever) {
  struct world world;
  machine(&world, 3600);
  struct aws_source *source = source_of(&world);
  for (int i = 0; i < 100; i++) {
    aws_source_expired(source, key(source));
    (void)key(source);
    world.now += 3;
  }
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

/* ---- the rest ---- */

START_TEST(keys_of_the_environment_live_as_long_as_it_says) {
  struct world world;
  machine(&world, 3600);
  world_set(&world, "AWS_ACCESS_KEY_ID", "AKIDENV");
  world_set(&world, "AWS_SECRET_ACCESS_KEY", "secret");
  world_set(&world, "AWS_ACCOUNT_ID", "123456789012");
  world_set(&world, "AWS_CREDENTIAL_EXPIRATION", "2001-09-09T01:56:40+00:00");
  struct aws_source *source = source_of(&world);
  for (int i = 0; i < 600; i++, world.now++)
    ck_assert_str_eq(key(source), "AKIDENV");
  ck_assert_int_eq(world.asked, 0);
  refuses(source,
          "AWS credentials: the keys of environment have expired (2001-09-09T01:56:40Z): get "
          "new ones, or check this machine's clock");
  aws_source_free(source);

  world_set(&world, "AWS_CREDENTIAL_EXPIRATION", "");
  source = source_of(&world);
  const struct aws_credentials *keys = aws_source_get(source, NULL);
  ck_assert_int_eq(keys->expiry, 0);
  ck_assert_str_eq(keys->account, "123456789012");
  world.now += 1000000;
  ck_assert_str_eq(key(source), "AKIDENV");
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(a_role_on_top_is_assumed_with_what_was_found) {
  struct world world;
  machine(&world, 3600);
  struct aws_source *source =
      aws_source_new(&world.context, NULL,
                     &(struct aws_source_options){
                         .role_arn = "arn:other", .external_id = "an id", .region = "eu-north-1"});
  ck_assert_str_eq(key(source), "ASIA2-by-ASIA1");
  ck_assert_str_eq(aws_source_get(source, NULL)->provider,
                   "role arn:other by web identity: role " ROLE);
  ck_assert_ptr_nonnull(strstr(strbuf_str(&world.traced),
                               " ASIA1 Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aother"
                               "&RoleSessionName=ocidup-1000000000&ExternalId=an+id\n"));
  sts.broken = true;
  aws_source_expired(source, "ASIA2-by-ASIA1");
  refuses(source, BROKEN);
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

START_TEST(notes_tell_all_but_the_keys) {
  struct world world;
  machine(&world, 3600);
  struct aws_source *source = source_of(&world);
  (void)key(source);
  world.now += 3000;
  (void)key(source);
  const char *notes = strbuf_str(&world.notes);
  ck_assert_ptr_nonnull(
      strstr(notes, "credentials: web identity: role " ROLE ", until 2001-09-09T02:46:40Z\n"));
  ck_assert_ptr_nonnull(strstr(notes, "credentials: renewed: web identity: role " ROLE
                                      ", until 2001-09-09T03:36:40Z\n"));
  static const char *const secrets[] = {"ASIA", "Secret0", "Token0", "ey.token"};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
    ck_assert_ptr_null(strstr(notes, secrets[i]));
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

UNIT_MAIN("source", tcase_add_unchecked_fixture(tcase, files_setup, files_teardown);
          tcase_add_test(tcase, keys_are_renewed_when_a_quarter_is_left_or_15_minutes);
          tcase_add_test(tcase, keys_of_seconds_are_not_asked_for_anew_each_time);
          tcase_add_test(tcase, a_provider_that_keeps_its_keys_is_asked_seldom);
          tcase_add_test(tcase, old_keys_are_used_until_they_have_run_out);
          tcase_add_test(tcase, a_first_failure_stands_for_a_minute);
          tcase_add_test(tcase, keys_that_have_run_out_are_none);
          tcase_add_test(tcase, refused_keys_are_renewed_once);
          tcase_add_test(tcase, the_very_same_keys_again_are_an_error);
          tcase_add_test(tcase, keys_refused_at_once_again_and_again_are_an_error);
          tcase_add_test(tcase, keys_refused_after_a_while_may_be_renewed_for_ever);
          tcase_add_test(tcase, keys_of_the_environment_live_as_long_as_it_says);
          tcase_add_test(tcase, a_role_on_top_is_assumed_with_what_was_found);
          tcase_add_test(tcase, notes_tell_all_but_the_keys);)
