#include <config.h>

#include "aws/region-imds.h"

#include <stdlib.h>

#include "fake-world.h"

#define BASE "http://169.254.169.254"
#define SESSION                                                                                    \
  {                                                                                                \
    .method = "PUT", .url = BASE "/latest/api/token",                                              \
    .header = "x-aws-ec2-metadata-token-ttl-seconds: 21600", .status = 200, .answer = "t0k"        \
  }
#define PLACE(...)                                                                                 \
  {                                                                                                \
    .url = BASE "/latest/meta-data/placement/region", .header = "x-aws-ec2-metadata-token: t0k",   \
    __VA_ARGS__                                                                                    \
  }

/* Asks in WORLD; everything scripted must have been asked, quickly and by no proxy. */
static void says(struct fake_world world, const char *region, const char *notes) {
  world.direct = true;
  world.timeout = 1;
  struct error *error = NULL;
  char *found = aws_region_imds(fake_context(&world), NULL, "default", &error);
  ck_assert_ptr_null(error);
  ck_assert_pstr_eq(found, region);
  ck_assert_str_eq(world.notes, notes);
  ck_assert_uint_eq(world.at, world.length);
  free(found);
}

START_TEST(the_instance_says_its_region) {
  says((struct fake_world){FAKE_SCRIPT(SESSION, PLACE(.status = 200, .answer = "eu-west-1"))},
       "eu-west-1", "region eu-west-1: that of the instance\n");
  says((struct fake_world){FAKE_SCRIPT(SESSION, PLACE(.status = 200, .answer = "us-gov-east-1\n"))},
       "us-gov-east-1", "region us-gov-east-1: that of the instance\n");
}
END_TEST

START_TEST(what_it_says_may_be_none) {
  static const char *const bad[] = {"", "\n", "eu west 1", "evil.example/", "<html>"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    says((struct fake_world){FAKE_SCRIPT(SESSION, PLACE(.status = 200, .answer = bad[i]))}, NULL,
         "instance metadata service: what it gives as the region is none\n");
  says((struct fake_world){FAKE_SCRIPT(SESSION, PLACE(.status = 404))}, NULL,
       "instance metadata service: no region: HTTP status 404\n");
  says((struct fake_world){FAKE_SCRIPT(SESSION, PLACE(.error = STATUS_TIMEOUT, .why = "late"))},
       NULL, "instance metadata service: no region: late\n");
}
END_TEST

START_TEST(nobody_is_there_or_is_asked) {
  says((struct fake_world){FAKE_SCRIPT({.method = "PUT",
                                        .url = BASE "/latest/api/token",
                                        .error = STATUS_NETWORK,
                                        .why = "no route"})},
       NULL, "no instance metadata service: no route\n");
  says((struct fake_world){.env = FAKE_ENV("AWS_EC2_METADATA_DISABLED", "True")}, NULL, "");
}
END_TEST

START_TEST(settings_that_are_none) {
  struct fake_world world = {.env = FAKE_ENV("AWS_METADATA_SERVICE_TIMEOUT", "soon")};
  struct error *error = NULL;
  ck_assert_ptr_null(aws_region_imds(fake_context(&world), NULL, "default", &error));
  ck_assert_ptr_nonnull(error);
  ck_assert_str_eq(error->message, "AWS_METADATA_SERVICE_TIMEOUT is no number from 1 to 3600");
  error_free(error);
}
END_TEST

UNIT_MAIN("region-imds", tcase_add_test(tcase, the_instance_says_its_region);
          tcase_add_test(tcase, what_it_says_may_be_none);
          tcase_add_test(tcase, nobody_is_there_or_is_asked);
          tcase_add_test(tcase, settings_that_are_none);)
