#include <config.h>

#include "aws/account.h"

#include <stdlib.h>
#include <string.h>

#include "aws/region-imds.h"
#include "aws/region.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"

enum { ACCOUNT_DIGITS = 12 };

char *aws_role_account(const char *arn) {
  if (strncmp(arn, "arn:", 4) != 0)
    return NULL;
  const char *partition = arn + 4;
  const char *service = partition + strcspn(partition, ":");
  if (service == partition || strncmp(service, ":iam::", 6) != 0)
    return NULL;
  const char *account = service + 6;
  const char *resource = account + strspn(account, "0123456789");
  if (resource - account != ACCOUNT_DIGITS || strncmp(resource, ":role/", 6) != 0 || !resource[6])
    return NULL;
  return xstrndup(account, ACCOUNT_DIGITS);
}

/* The region that nobody gave; caller frees. NULL with *err. */
static char *find_region(struct aws_account *account, const struct aws_context *context,
                         const struct aws_profiles *profiles, struct error **err) {
  cleanup(cleanup_error) struct error *trouble = NULL;
  const char *profile = account->profile ? account->profile : aws_profiles_default(context);
  const char *region = aws_region_find(context, profiles, profile, &trouble);
  char *found = region ? xstrdup(region) : NULL;
  if (!found && !trouble) {
    /* Who misspelt a profile is not to wait, and not to get another region. */
    if (strcmp(profile, "default") != 0 && !aws_profiles_has(profiles, profile)) {
      (void)aws_region_default(context, profiles, profile, err);
      return NULL;
    }
    found = aws_region_imds(context, profiles, profile, &trouble);
    account->regionless = !found && !trouble;
  }
  if (trouble)
    error_set(err, trouble->status, "%s", trouble->message);
  if (account->regionless) {
    bool disabled = aws_context_flag(context, "AWS_EC2_METADATA_DISABLED");
    cleanup(cleanup_free) char *shown = text_sanitized(profile);
    error_set(err, STATUS_LOCAL,
              "no AWS region: looked for AWS_REGION, AWS_DEFAULT_REGION, region of profile %s, "
              "instance metadata%s; give --region",
              shown, disabled ? " (AWS_EC2_METADATA_DISABLED is set)" : "");
  }
  return found;
}

/* 0, or -1 with *err. */
static int find_regions(struct aws_account *account, const struct aws_context *context,
                        const struct aws_profiles *profiles,
                        const struct aws_account_options *options, struct error **err) {
  size_t given = options->region_count;
  account->regions = xcalloc(given > 0 ? given : 1, sizeof *account->regions);
  for (size_t i = 0; i < given; i++)
    account->regions[account->region_count++] = xstrdup(options->regions[i]);
  if (given > 0)
    return 0;
  char *region = find_region(account, context, profiles, err);
  if (!region)
    return -1;
  account->regions[account->region_count++] = region;
  return 0;
}

static int find_certificates(struct aws_account *account, const struct aws_context *context,
                             const struct aws_profiles *profiles,
                             const struct aws_account_options *options, struct error **err) {
  const char *profile = account->profile ? account->profile : aws_profiles_default(context);
  const char *bundle = profiles ? aws_profiles_get(profiles, profile, "ca_bundle") : NULL;
  return ca_find_aws(options->cacert, context->env, context->env_arg, bundle, profile, &account->ca,
                     err);
}

struct aws_account *aws_account_new(const struct aws_context *context,
                                    const struct aws_profiles *profiles,
                                    const struct aws_account_options *options) {
  struct aws_account *account = xcalloc(1, sizeof *account);
  account->profile = options->profile;
  if (options->role_arn) {
    account->label = xasprintf("role %s", options->role_arn);
    account->id = aws_role_account(options->role_arn);
  } else if (options->profile) {
    account->label = xasprintf("profile %s", options->profile);
  }
  bool trusts = find_certificates(account, context, profiles, options, &account->error) == 0;
  if (!trusts)
    account->error->status = STATUS_TLS; /* of a row: it is this account's trouble only */
  struct error *trouble = NULL;
  if (find_regions(account, context, profiles, options, &trouble) < 0) {
    account->regionless = account->regionless && trusts;
    if (trusts)
      account->error = trouble;
    else
      error_free(trouble);
  }
  struct http_options http = *options->http;
  http.ca = &account->ca;
  account->context = aws_context_new(&http);
  const struct aws_source_options source = {
      .profile = options->profile,
      .role_arn = options->role_arn,
      .external_id = options->external_id,
      .region = account->region_count > 0 ? account->regions[0] : NULL};
  account->source = aws_source_new(account->context, profiles, &source);
  return account;
}

/* Who has neither region nor keys is to hear of both. */
static void add_lack_of_keys(struct aws_account *account) {
  cleanup(cleanup_error) struct error *trouble = NULL;
  /* For keys of a role STS is asked, which there is no region for, either: that says nothing more.
   */
  if (aws_source_get(account->source, &trouble) || strstr(trouble->message, "no AWS region"))
    return;
  struct error *both = NULL;
  error_set(&both, trouble->status, "%s; %s", trouble->message, account->error->message);
  error_free(account->error);
  account->error = both;
}

bool aws_account_has_keys(struct aws_account *account) {
  if (account->error) {
    if (account->regionless)
      add_lack_of_keys(account);
    return false;
  }
  const struct aws_credentials *keys = aws_source_get(account->source, &account->error);
  if (!keys) {
    /* What is wrong here, say in a profile, denies the account to us. */
    if (account->error->status == STATUS_LOCAL)
      account->error->status = STATUS_UNAUTHORIZED;
    return false;
  }
  /* A claim may be of another time or another account, and what is taken for a repetition is not
     listed: only what AWS says counts. */
  if (!account->id && keys->account && keys->confirmed)
    account->id = xstrdup(keys->account);
  return true;
}

void aws_account_free(struct aws_account *account) {
  if (!account)
    return;
  aws_source_free(account->source);
  aws_context_free(account->context);
  error_free(account->error);
  for (size_t i = 0; i < account->region_count; i++)
    free(account->regions[i]);
  free(account->regions);
  ca_clear(&account->ca);
  free(account->label);
  free(account->id);
  free(account);
}
