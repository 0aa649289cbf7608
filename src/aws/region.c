#include <config.h>

#include "aws/region.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/xalloc.h"

/* Of a DNS label, which is what a region's name becomes. */
enum { REGION_MAX = 63 };

bool aws_region_is_valid(const char *region) {
  size_t length = strlen(region);
  if (length == 0 || length > REGION_MAX || region[0] == '-' || region[length - 1] == '-')
    return false;
  return strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

const char *aws_region_default(const struct aws_context *context,
                               const struct aws_profiles *profiles, const char *profile,
                               struct error **err) {
  (void)profiles;
  (void)profile;
  static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *region = aws_context_env(context, names[i]);
    if (!region)
      continue;
    if (aws_region_is_valid(region))
      return region;
    error_set(err, STATUS_LOCAL, "%s holds no region's name: %s", names[i], region);
    return NULL;
  }
  error_set(err, STATUS_LOCAL, "no AWS region: give --region, or set AWS_REGION");
  return NULL;
}

/* The DNS suffix of the partition that a region belongs to, by the start of the region's name: the
   partition tables that AWS publishes with its SDKs. */
static const char *dns_suffix(const char *region) {
  static const struct {
    const char *prefix;
    const char *suffix;
  } partitions[] = {
      {"cn-", "amazonaws.com.cn"},   {"eusc-", "amazonaws.eu"},      {"us-iso-", "c2s.ic.gov"},
      {"us-isob-", "sc2s.sgov.gov"}, {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},
  };
  for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++)
    if (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) == 0)
      return partitions[i].suffix;
  return "amazonaws.com"; /* us-gov-* too */
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

int aws_endpoint_find(const struct aws_context *context, const struct aws_profiles *profiles,
                      const char *profile, enum aws_service service, const char *region,
                      const char *override, struct aws_endpoint *endpoint, struct error **err) {
  (void)profiles;
  (void)profile;
  (void)service;
  const char *where = "--endpoint-url";
  if (!override && !aws_context_flag(context, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
    where = "AWS_ENDPOINT_URL_ECR";
    override = aws_context_env(context, where);
    if (!override) {
      where = "AWS_ENDPOINT_URL";
      override = aws_context_env(context, where);
    }
  }
  if (!override) {
    *endpoint = (struct aws_endpoint){
        .url = xasprintf("https://api.ecr.%s.%s/", region, dns_suffix(region)),
        .why = xasprintf("the endpoint of %s", region)};
    return 0;
  }
  char *url = normalized(override);
  if (!url)
    return error_set(err, STATUS_LOCAL,
                     "%s: an http or https URL without user, query and fragment is needed", where);
  *endpoint = (struct aws_endpoint){.url = url, .why = xstrdup(where)};
  return 0;
}

void aws_endpoint_clear(struct aws_endpoint *endpoint) {
  free(endpoint->url);
  free(endpoint->why);
  *endpoint = (struct aws_endpoint){.url = NULL};
}

char *aws_ecr_registry_host(const char *account, const char *region) {
  return xasprintf("%s.dkr.ecr.%s.%s", account, region, dns_suffix(region));
}
