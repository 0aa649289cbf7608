#include <config.h>

#include "aws/source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aws/chain.h"
#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/xalloc.h"

/* Seconds: no keys are renewed earlier before their end than EARLY, as by the AWS CLI; a failure
   stands for STANDS; keys that a service refuses within AT_ONCE of getting them count as refused
   at once, and REFUSALS_MAX such in a row are the end. */
enum { EARLY = 15 * 60, STANDS = 60, AT_ONCE = 2, REFUSALS_MAX = 5 };

struct aws_source {
  const struct aws_context *context;
  const struct aws_profiles *profiles;
  struct aws_profiles *own_profiles; /* read here; NULL: not yet */
  char *profile;                     /* of the command line; NULL: none */
  char *role_arn, *external_id, *region;

  struct aws_credentials *keys; /* NULL: none yet */
  size_t provider;              /* of the keys in the chain; with keys */
  int64_t had;                  /* when the keys came */
  int64_t renew;                /* when they are to be renewed; with an expiry */
  bool refused;                 /* a service said that they have expired */
  int refusals;                 /* in a row, at once */
  struct error *failure;        /* of the last try; NULL: none */
  int64_t failed;               /* when it was */
};

static char *copy(const char *text) {
  return text ? xstrdup(text) : NULL;
}

struct aws_source *aws_source_new(const struct aws_context *context,
                                  const struct aws_profiles *profiles,
                                  const struct aws_source_options *options) {
  struct aws_source *source = xcalloc(1, sizeof *source);
  source->context = context;
  source->profiles = profiles;
  source->profile = copy(options->profile);
  source->role_arn = copy(options->role_arn);
  source->external_id = copy(options->external_id);
  source->region = copy(options->region);
  return source;
}

/* ---- time ---- */

/* Whether KEYS have run out. */
static bool is_over(const struct aws_credentials *keys, int64_t now) {
  return keys->expiry != 0 && keys->expiry <= now;
}

/* When keys that run out at EXPIRY and were looked at NOW are to be looked at again. Providers that
   keep keys give the same ones until shortly before their end: then it is a quarter of what is
   left, and so on. */
static int64_t renewal(int64_t expiry, int64_t now) {
  int64_t left = expiry - now;
  if (left <= 1)
    return expiry;
  int64_t early = left / 4 + (left % 4 > 0);
  return expiry - (early < EARLY ? early : EARLY);
}

static bool is_due(const struct aws_source *source, int64_t now) {
  return source->refused || (source->keys->expiry != 0 && now >= source->renew);
}

/* ---- asking ---- */

static bool same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool are_same(const struct aws_credentials *a, const struct aws_credentials *b) {
  return same_text(a->access_key_id, b->access_key_id) &&
         same_text(a->secret_access_key, b->secret_access_key) &&
         same_text(a->session_token, b->session_token);
}

/* The files as they are: what writes keys there may have written new ones meanwhile. */
static int read_profiles(struct aws_source *source, struct error **err) {
  if (!source->keys && (source->profiles || source->own_profiles))
    return 0;
  struct aws_profiles *profiles = aws_profiles_read(source->context, err);
  if (!profiles)
    return -1;
  aws_profiles_free(source->own_profiles);
  source->own_profiles = profiles;
  return 0;
}

static struct aws_credentials *ask(struct aws_source *source, size_t *provider,
                                   struct error **err) {
  if (read_profiles(source, err) < 0)
    return NULL;
  const struct aws_chain chain = {
      .sts = {.context = source->context,
              .profiles = source->own_profiles ? source->own_profiles : source->profiles,
              .profile = source->profile ? source->profile : aws_profiles_default(source->context),
              .region = source->region},
      .named = source->profile != NULL};
  struct aws_credentials *keys = source->keys ? aws_chain_ask(&chain, source->provider, err)
                                              : aws_chain_find(&chain, provider, err);
  if (!keys || !source->role_arn)
    return keys;
  const struct sts_role role = {.arn = source->role_arn, .external_id = source->external_id};
  struct aws_credentials *result = sts_assume_role(&chain.sts, keys, &role, err);
  if (result) {
    free(result->provider);
    result->provider = xasprintf("role %s by %s", role.arn, keys->provider);
  } else {
    error_wrap(err, "role %s", role.arn);
  }
  aws_credentials_free(keys);
  return result;
}

/* Why KEYS, just had, are of no use; 0 when they are. */
static int check(const struct aws_source *source, const struct aws_credentials *keys, int64_t now,
                 struct error **err) {
  cleanup(cleanup_free) char *end = timestamp_format(keys->expiry);
  if (is_over(keys, now))
    return error_set(
        err, STATUS_UNAUTHORIZED,
        "the keys of %s have expired (%s): get new ones, or check this machine's clock",
        keys->provider, end ? end : "long ago");
  if (source->refused && are_same(keys, source->keys))
    return error_set(
        err, STATUS_UNAUTHORIZED,
        "a service says that the keys of %s have expired, and there are no others: get "
        "new ones",
        keys->provider);
  if (source->refused && source->refusals >= REFUSALS_MAX)
    return error_set(
        err, STATUS_UNAUTHORIZED,
        "the keys of %s are refused as expired each time that they were renewed: check "
        "this machine's clock",
        keys->provider);
  return 0;
}

static void tell(const struct aws_source *source, bool renewed) {
  const struct aws_credentials *keys = source->keys;
  cleanup(cleanup_free) char *end = keys->expiry != 0 ? timestamp_format(keys->expiry) : NULL;
  aws_context_note(source->context, "credentials: %s%s%s%s", renewed ? "renewed: " : "",
                   keys->provider, end ? ", until " : "", end ? end : "");
}

static void take(struct aws_source *source, struct aws_credentials *keys, size_t provider,
                 int64_t now) {
  bool same = source->keys && are_same(keys, source->keys);
  bool renewed = source->keys != NULL;
  aws_credentials_free(source->keys);
  source->keys = keys;
  source->provider = provider;
  source->refused = false;
  source->renew = renewal(keys->expiry, now);
  if (same)
    return;
  source->had = now;
  tell(source, renewed);
}

/* Asks. True when SOURCE has new keys; else it has the `failure`. */
static bool renew(struct aws_source *source) {
  size_t provider = source->provider;
  error_free(source->failure);
  source->failure = NULL;
  struct aws_credentials *keys = ask(source, &provider, &source->failure);
  int64_t now = aws_context_now(source->context); /* it may have taken a while */
  if (keys && check(source, keys, now, &source->failure) == 0) {
    take(source, keys, provider, now);
    return true;
  }
  aws_credentials_free(keys);
  source->failed = now;
  return false;
}

const struct aws_credentials *aws_source_get(struct aws_source *source, struct error **err) {
  int64_t now = aws_context_now(source->context);
  if (source->keys && !is_due(source, now))
    return source->keys;
  bool usable = source->keys && !source->refused && !is_over(source->keys, now);
  bool stands = source->failure && now >= source->failed && now - source->failed < STANDS;
  if (!stands && renew(source))
    return source->keys;
  now = aws_context_now(source->context);
  if (usable && !is_over(source->keys, now)) {
    aws_context_note(source->context, "credentials: not renewed, the old ones are used: %s",
                     source->failure->message);
    error_free(source->failure);
    source->failure = NULL;
    source->renew = renewal(source->keys->expiry, now);
    return source->keys;
  }
  enum status status =
      source->failure->status == STATUS_DENIED ? STATUS_DENIED : STATUS_UNAUTHORIZED;
  error_set(err, status, "AWS credentials: %s", source->failure->message);
  return NULL;
}

void aws_source_expired(struct aws_source *source, const char *access_key_id) {
  if (!source->keys || source->refused || strcmp(source->keys->access_key_id, access_key_id) != 0)
    return;
  source->refused = true;
  bool at_once = aws_context_now(source->context) - source->had < AT_ONCE;
  source->refusals = at_once ? source->refusals + 1 : 0;
}

void aws_source_free(struct aws_source *source) {
  if (!source)
    return;
  aws_profiles_free(source->own_profiles);
  free(source->profile);
  free(source->role_arn);
  free(source->external_id);
  free(source->region);
  aws_credentials_free(source->keys);
  error_free(source->failure);
  free(source);
}
