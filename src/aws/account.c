#include <config.h>

#include "aws/account.h"

#include <stdlib.h>
#include <string.h>

#include "aws/region.h"
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
  const char *region = aws_region_default(context, profiles, account->profile, err);
  if (!region)
    return -1;
  account->regions[account->region_count++] = xstrdup(region);
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
                                    const struct aws_account_options *options, struct error **err) {
  struct aws_account *account = xcalloc(1, sizeof *account);
  account->profile = options->profile;
  if (options->role_arn) {
    account->label = xasprintf("role %s", options->role_arn);
    account->id = aws_role_account(options->role_arn);
  } else if (options->profile) {
    account->label = xasprintf("profile %s", options->profile);
  }
  if (find_regions(account, context, profiles, options, err) < 0 ||
      find_certificates(account, context, profiles, options, err) < 0) {
    if (account->label)
      error_wrap(err, "%s", account->label);
    aws_account_free(account);
    return NULL;
  }
  struct http_options http = *options->http;
  http.ca = &account->ca;
  account->context = aws_context_new(&http);
  const struct aws_source_options source = {.profile = options->profile,
                                            .role_arn = options->role_arn,
                                            .external_id = options->external_id,
                                            .region = account->regions[0]};
  account->source = aws_source_new(account->context, profiles, &source);
  return account;
}

bool aws_account_has_keys(struct aws_account *account) {
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
