#include <config.h>

#include "aws/credentials-role.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aws/profile-near.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* Roles in a chain. AWS sets no limit, but nobody has that many. */
enum { CHAIN_MAX = 64, MESSAGE_MAX = 4096 };

/* A profile on the way from the one that is meant to its source. */
struct step {
  const struct step *from; /* who names this one as its source; NULL: nobody */
  const char *profile;
  int number;
};

static const char *get(const struct sts *sts, const char *profile, const char *key) {
  return aws_profiles_get(sts->profiles, profile, key);
}

/* A profile with a token for its role is web identity's. */
static bool names_role(const struct sts *sts, const char *profile) {
  return get(sts, profile, "role_arn") && !get(sts, profile, "web_identity_token_file");
}

static bool has_keys(const struct sts *sts, const char *profile) {
  return get(sts, profile, "aws_access_key_id") || get(sts, profile, "aws_secret_access_key");
}

static void append_steps(struct strbuf *text, const struct step *step) {
  if (step->from) {
    append_steps(text, step->from);
    strbuf_puts(text, " > ");
  }
  strbuf_puts(text, step->profile);
}

/* Whether SOURCE can be the source of STEP: 0, or -1 with *err. */
static int check_source(const struct sts *sts, const struct step *step, const char *source,
                        struct error **err) {
  if (!aws_profiles_has(sts->profiles, source)) {
    cleanup(cleanup_free) char *near = aws_profile_near(sts->profiles, source);
    return error_set(err, STATUS_UNAUTHORIZED, "profile %s: its source_profile %s does not exist%s",
                     step->profile, source, near);
  }
  /* A profile may have both a role and the keys to assume it with, and say so. */
  if (strcmp(source, step->profile) == 0 && !step->from && has_keys(sts, source))
    return 0;
  bool loops = false;
  for (const struct step *before = step; before && !loops; before = before->from)
    loops = strcmp(before->profile, source) == 0;
  if (!loops && step->number < CHAIN_MAX)
    return 0;
  struct strbuf steps = STRBUF(MESSAGE_MAX);
  append_steps(&steps, step);
  error_set(err, STATUS_UNAUTHORIZED, "profile %s: its source_profile leads %s: %s > %s",
            step->profile, loops ? "in a circle" : "too far", strbuf_str(&steps), source);
  strbuf_free(&steps);
  return -1;
}

static struct aws_credentials *assume(const struct sts *sts, const struct step *step,
                                      const struct aws_role_keys *from, struct error **err);

/* The keys with which STEP's role is assumed. */
static struct aws_credentials *source_keys(const struct sts *sts, const struct step *step,
                                           const struct aws_role_keys *from, struct error **err) {
  const char *profile = step->profile;
  const char *source = get(sts, profile, "source_profile");
  const char *named = get(sts, profile, "credential_source");
  cleanup(cleanup_error) struct error *trouble = NULL;
  struct aws_credentials *keys = NULL;
  if (source && named) {
    error_set(&trouble, STATUS_UNAUTHORIZED,
              "it has both source_profile and credential_source: leave one out");
  } else if (named) {
    keys = from->of_source(from->arg, named, &trouble);
    if (!keys)
      error_set(&trouble, STATUS_UNAUTHORIZED, "its credential_source %s has no keys", named);
  } else if (!source) {
    error_set(&trouble, STATUS_UNAUTHORIZED,
              "it has a role_arn, but neither source_profile nor credential_source to assume it "
              "with");
  } else if (check_source(sts, step, source, err) < 0) {
    return NULL;
  } else if (!has_keys(sts, source) && names_role(sts, source)) {
    const struct step next = {.from = step, .profile = source, .number = step->number + 1};
    return assume(sts, &next, from, err);
  } else {
    keys = from->of_profile(from->arg, source, &trouble);
    if (!keys)
      error_set(&trouble, STATUS_UNAUTHORIZED, "its source_profile %s has no keys", source);
  }
  if (!keys)
    error_set(err, trouble->status, "profile %s: %s", profile, trouble->message);
  return keys;
}

/* The profile's duration_seconds; 0 for none, and as the AWS CLI does for what is no number. */
static long duration(const struct sts *sts, const char *profile) {
  const char *text = get(sts, profile, "duration_seconds");
  if (!text)
    return 0;
  char *end;
  errno = 0;
  long seconds = strtol(text, &end, 10);
  if (errno == 0 && *end == '\0' && seconds > 0)
    return seconds;
  aws_context_note(sts->context, "credentials: profile %s: duration_seconds is no number: ignored",
                   profile);
  return 0;
}

static struct aws_credentials *assume(const struct sts *sts, const struct step *step,
                                      const struct aws_role_keys *from, struct error **err) {
  const char *profile = step->profile;
  const struct sts_role role = {.arn = get(sts, profile, "role_arn"),
                                .session_name = get(sts, profile, "role_session_name"),
                                .external_id = get(sts, profile, "external_id"),
                                .duration = duration(sts, profile)};
  if (get(sts, profile, "mfa_serial")) {
    error_set(err, STATUS_UNAUTHORIZED,
              "profile %s: a role with mfa_serial asks for a code, which cannot be done here; run: "
              "eval \"$(aws configure export-credentials --profile %s --format env)\"",
              profile, profile);
    return NULL;
  }
  struct aws_credentials *keys = source_keys(sts, step, from, err);
  if (!keys)
    return NULL;
  struct aws_credentials *result = sts_assume_role(sts, keys, &role, err);
  if (result) {
    free(result->provider);
    result->provider = xasprintf("role %s by %s", role.arn, keys->provider);
  } else {
    error_wrap(err, "profile %s: role %s", profile, role.arn);
  }
  aws_credentials_free(keys);
  return result;
}

struct aws_credentials *aws_credentials_role(const struct sts *sts, const char *profile,
                                             const struct aws_role_keys *keys, struct error **err) {
  if (!names_role(sts, profile))
    return NULL;
  return assume(sts, &(struct step){.profile = profile, .number = 1}, keys, err);
}
