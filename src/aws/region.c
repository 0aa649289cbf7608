#include <config.h>

#include "aws/region.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "aws/profile-near.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"

/* ---- regions and partitions ---- */

enum {
  REGION_MAX = 63, /* of a DNS label, which is what a region's name becomes */
  ACCOUNT_LENGTH = 12,
};

static const char lower_alphanumerics[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char digits[] = "0123456789";

bool aws_region_is_valid(const char *region) {
  size_t length = strlen(region);
  if (length == 0 || length > REGION_MAX || region[0] == '-' || region[length - 1] == '-')
    return false;
  return strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

struct partition {
  const char *prefix;     /* of its regions' names: PREFIX WORD '-' DIGITS */
  const char *suffix;     /* of its services' hosts */
  const char *dual;       /* of those with dual stack; NULL: it has none */
  const char *registries; /* of ECR registries with dual stack; NULL: not known to have any */
};

/* As the SDKs are given them. A region of no other partition is one of `aws`, so that new ones work
   from their first day. */
static const struct partition partition_aws = {NULL, "amazonaws.com", "api.aws", "on.aws"};
static const struct partition partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "on.amazonwebservices.com.cn"},
    {"us-gov-", "amazonaws.com", "api.aws", "on.aws"},
    {"eusc-de-", "amazonaws.eu", "api.amazonwebservices.eu", "on.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov", NULL},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud", NULL},
    {"eu-isoe-", "cloud.adc-e.uk", NULL, NULL},
    {"us-isof-", "csp.hci.ic.gov", NULL, NULL},
};

static bool starts_with(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static const struct partition *find_partition(const char *region) {
  for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
    if (!starts_with(region, partitions[i].prefix))
      continue;
    const char *word = region + strlen(partitions[i].prefix);
    size_t length = strspn(word, lower_alphanumerics);
    const char *number = word + length + 1;
    if (length > 0 && word[length] == '-' && *number && strspn(number, digits) == strlen(number))
      return &partitions[i];
  }
  return &partition_aws;
}

static bool is_in_us_gov(const char *region) {
  const char *prefix = find_partition(region)->prefix;
  return prefix && strcmp(prefix, "us-gov-") == 0;
}

/* ---- settings ---- */

/* What a profile or a variable says, and where that is. */
struct setting {
  const char *value; /* NULL: nothing */
  char *where;
};

static void clear_setting(struct setting *setting) {
  free(setting->where);
}

static char *where_in_profile(const char *key, const char *profile) {
  cleanup(cleanup_free) char *shown = text_sanitized(profile);
  return xasprintf("%s of profile %s", key, shown);
}

/* VARIABLE, else KEY of the profile. */
static struct setting find_setting(const struct aws_context *context,
                                   const struct aws_profiles *profiles, const char *profile,
                                   const char *variable, const char *key) {
  struct setting setting = {.value = aws_context_env(context, variable)};
  if (setting.value)
    setting.where = xstrdup(variable);
  else if (profiles && (setting.value = aws_profiles_get(profiles, profile, key)))
    setting.where = where_in_profile(key, profile);
  return setting;
}

static bool is_true(const char *value) {
  return value && strcasecmp(value, "true") == 0;
}

static const char *meant(const struct aws_context *context, const char *profile) {
  return profile ? profile : aws_profiles_default(context);
}

const char *aws_region_find(const struct aws_context *context, const struct aws_profiles *profiles,
                            const char *profile, struct error **err) {
  profile = meant(context, profile);
  static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *region = aws_context_env(context, names[i]);
    if (!region)
      continue;
    if (aws_region_is_valid(region))
      return region;
    cleanup(cleanup_free) char *shown = text_sanitized(region);
    error_set(err, STATUS_LOCAL, "%s holds no region's name: %s", names[i], shown);
    return NULL;
  }
  const char *region = profiles ? aws_profiles_get(profiles, profile, "region") : NULL;
  if (!region || aws_region_is_valid(region))
    return region;
  cleanup(cleanup_free) char *where = where_in_profile("region", profile);
  /* Not shown: a line of that file may be anything. */
  error_set(err, STATUS_LOCAL, "%s holds no region's name", where);
  return NULL;
}

const char *aws_region_default(const struct aws_context *context,
                               const struct aws_profiles *profiles, const char *profile,
                               struct error **err) {
  struct error *trouble = NULL;
  const char *region = aws_region_find(context, profiles, profile, &trouble);
  if (region)
    return region;
  if (trouble) {
    error_set(err, trouble->status, "%s", trouble->message);
    error_free(trouble);
    return NULL;
  }
  profile = meant(context, profile);
  cleanup(cleanup_free) char *where = where_in_profile("region", profile);
  if (!profiles) {
    error_set(err, STATUS_LOCAL, "no AWS region: give --region, or set AWS_REGION");
  } else if (strcmp(profile, "default") == 0 || aws_profiles_has(profiles, profile)) {
    error_set(err, STATUS_LOCAL, "no AWS region: give --region, or set AWS_REGION or %s", where);
  } else {
    cleanup(cleanup_free) char *shown = text_sanitized(profile);
    cleanup(cleanup_free) char *near = aws_profile_near(profiles, profile);
    error_set(err, STATUS_LOCAL, "no AWS region: there is no profile %s%s", shown, near);
  }
  return NULL;
}

/* ---- endpoints ---- */

struct service {
  const char *variable; /* behind AWS_ENDPOINT_URL_ */
  const char *key;      /* in a `services` section */
  const char *name;
  const char *host; /* before "-fips", the region and the suffix */
  const char *dual; /* the same with dual stack */
  bool gov_is_fips; /* in us-gov-*, the usual endpoint is the FIPS one */
};

static const struct service services[] = {
    [AWS_ECR] = {"ECR", "ecr", "ECR", "api.ecr", "ecr", false},
    [AWS_STS] = {"STS", "sts", "STS", "sts", "sts", true},
    [AWS_SSO] = {"SSO", "sso", "the SSO portal", "portal.sso", "portal.sso", true},
    [AWS_SSO_OIDC] = {"SSO_OIDC", "sso_oidc", "SSO OIDC", "oidc", "oidc", true},
};

/* The regions that were there before STS had an endpoint in each. */
static bool has_global_sts(const char *region) {
  static const char *const regions[] = {
      "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
      "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",
      "sa-east-1",      "us-east-1",  "us-east-2",      "us-west-1",      "us-west-2"};
  for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
    if (strcmp(region, regions[i]) == 0)
      return true;
  return false;
}

static bool part_is_set(CURLU *url, CURLUPart part) {
  char *value = NULL;
  bool set = curl_url_get(url, part, &value, 0) == CURLUE_OK;
  curl_free(value);
  return set;
}

/* URL in normal form with a path, or NULL when it is no http or https URL of a host and a path. */
static char *normalized(const char *url) {
  char *result = NULL, *scheme = NULL, *whole = NULL;
  CURLU *handle = curl_url();
  if (handle && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
      curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
      (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0) &&
      !part_is_set(handle, CURLUPART_USER) && !part_is_set(handle, CURLUPART_PASSWORD) &&
      !part_is_set(handle, CURLUPART_QUERY) && !part_is_set(handle, CURLUPART_FRAGMENT) &&
      curl_url_get(handle, CURLUPART_URL, &whole, 0) == CURLUE_OK)
    result = xstrdup(whole);
  curl_free(scheme);
  curl_free(whole);
  curl_url_cleanup(handle);
  return result;
}

/* The endpoint that is configured for SERVICE, if any and if it is to count. -1 with *err when the
   profile's settings lead nowhere. */
static int find_configured(const struct aws_context *context, const struct aws_profiles *profiles,
                           const char *profile, const struct service *service,
                           struct setting *setting, struct error **err) {
  cleanup(clear_setting) struct setting ignore =
      find_setting(context, profiles, profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                   "ignore_configured_endpoint_urls");
  if (is_true(ignore.value))
    return 0;
  cleanup(cleanup_free) char *variable = xasprintf("AWS_ENDPOINT_URL_%s", service->variable);
  if ((setting->value = aws_context_env(context, variable))) {
    setting->where = xstrdup(variable);
    return 0;
  }
  if (profiles && !aws_context_env(context, "AWS_ENDPOINT_URL")) {
    struct error *trouble = NULL;
    setting->value = aws_profiles_service_endpoint(profiles, profile, service->key, &trouble);
    if (trouble) {
      error_set(err, trouble->status, "%s", trouble->message);
      error_free(trouble);
      return -1;
    }
    if (setting->value) {
      cleanup(cleanup_free) char *key =
          xasprintf("endpoint_url of %s in the services", service->key);
      setting->where = where_in_profile(key, profile);
      return 0;
    }
  }
  *setting = find_setting(context, profiles, profile, "AWS_ENDPOINT_URL", "endpoint_url");
  return 0;
}

/* Whether STS's global endpoint is asked for: 1, 0, or -1 with *err. */
static int wants_global_sts(const struct aws_context *context, const struct aws_profiles *profiles,
                            const char *profile, struct error **err) {
  cleanup(clear_setting) struct setting mode = find_setting(
      context, profiles, profile, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
  if (!mode.value || strcmp(mode.value, "regional") == 0)
    return 0;
  if (strcmp(mode.value, "legacy") == 0)
    return 1;
  return error_set(err, STATUS_LOCAL, "%s is neither regional nor legacy", mode.where);
}

/* The endpoint that AWS has for SERVICE in REGION. */
static int find_usual(const struct aws_context *context, const struct aws_profiles *profiles,
                      const char *profile, enum aws_service which, const char *region,
                      struct aws_endpoint *endpoint, struct error **err) {
  const struct service *service = &services[which];
  cleanup(clear_setting) struct setting fips =
      find_setting(context, profiles, profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  cleanup(clear_setting) struct setting dual = find_setting(
      context, profiles, profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  bool has_fips = is_true(fips.value), has_dual = is_true(dual.value);
  if (which == AWS_STS) {
    int global = wants_global_sts(context, profiles, profile, err);
    if (global < 0)
      return -1;
    if (global && !has_fips && !has_dual && has_global_sts(region)) {
      *endpoint = (struct aws_endpoint){.url = xstrdup("https://sts.amazonaws.com/"),
                                        .why = xstrdup("the global endpoint of STS"),
                                        .own = true,
                                        .region = xstrdup("us-east-1")};
      return 0;
    }
  }
  const struct partition *partition = find_partition(region);
  if (has_dual && !partition->dual)
    return error_set(err, STATUS_LOCAL,
                     "%s: AWS has no dual-stack endpoints in this region's partition; %s asks for "
                     "one",
                     region, dual.where);
  bool marked = has_fips && !(service->gov_is_fips && !has_dual && is_in_us_gov(region));
  *endpoint = (struct aws_endpoint){
      .url =
          xasprintf("https://%s%s.%s.%s/", has_dual ? service->dual : service->host,
                    marked ? "-fips" : "", region, has_dual ? partition->dual : partition->suffix),
      .why = xasprintf("the %s%sendpoint of %s in %s", has_fips ? "FIPS " : "",
                       has_dual ? "dual-stack " : "", service->name, region),
      .own = true,
      .region = xstrdup(region)};
  return 0;
}

int aws_endpoint_find(const struct aws_context *context, const struct aws_profiles *profiles,
                      const char *profile, enum aws_service service, const char *region,
                      const char *override, struct aws_endpoint *endpoint, struct error **err) {
  if (!aws_region_is_valid(region)) {
    cleanup(cleanup_free) char *shown = text_sanitized(region);
    return error_set(err, STATUS_LOCAL, "no region's name: %s", shown);
  }
  profile = meant(context, profile);
  cleanup(clear_setting) struct setting setting = {.value = override};
  if (override)
    setting.where = xstrdup("--endpoint-url");
  else if (find_configured(context, profiles, profile, &services[service], &setting, err) < 0)
    return -1;
  if (!setting.value)
    return find_usual(context, profiles, profile, service, region, endpoint, err);
  char *url = normalized(setting.value);
  if (!url)
    return error_set(err, STATUS_LOCAL,
                     "%s: an http or https URL without user, query and fragment is needed",
                     setting.where);
  *endpoint =
      (struct aws_endpoint){.url = url, .why = xstrdup(setting.where), .region = xstrdup(region)};
  return 0;
}

void aws_endpoint_clear(struct aws_endpoint *endpoint) {
  free(endpoint->url);
  free(endpoint->why);
  free(endpoint->region);
  *endpoint = (struct aws_endpoint){.url = NULL};
}

/* ---- registries ---- */

char *aws_ecr_registry_host(const char *account, const char *region) {
  return xasprintf("%s.dkr.ecr.%s.%s", account, region, find_partition(region)->suffix);
}

bool aws_ecr_registry_parse(const char *host, char **account, char **region, bool *fips) {
  static const struct {
    const char *name;
    bool dual, fips;
  } kinds[] = {
      {".dkr.ecr.", false, false},
      {".dkr.ecr-fips.", false, true},
      {".dkr-ecr.", true, false},
      {".dkr-ecr-fips.", true, true},
  };
  if (strspn(host, digits) != ACCOUNT_LENGTH)
    return false;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!starts_with(host + ACCOUNT_LENGTH, kinds[i].name))
      continue;
    const char *start = host + ACCOUNT_LENGTH + strlen(kinds[i].name);
    const char *dot = strchr(start, '.');
    if (!dot)
      return false;
    cleanup(cleanup_free) char *name = xstrndup(start, (size_t)(dot - start));
    const struct partition *partition = find_partition(name);
    const char *suffix = kinds[i].dual ? partition->registries : partition->suffix;
    if (!aws_region_is_valid(name) || !suffix || strcmp(dot + 1, suffix) != 0)
      return false;
    *account = xstrndup(host, ACCOUNT_LENGTH);
    *region = name;
    name = NULL;
    *fips = kinds[i].fips;
    return true;
  }
  return false;
}
