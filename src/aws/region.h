/* Regions, partitions and the endpoints of services in them: which is meant, and why. The rules are
   those of the AWS SDKs and Tools Reference Guide ("AWS Region", "Service-specific endpoints",
   "Dual stack and FIPS endpoints") and the tables are those that the SDKs are given. Sends nothing.
 */
#ifndef OCIDUP_AWS_REGION_H
#define OCIDUP_AWS_REGION_H

#include <stdbool.h>

#include "aws/context.h"
#include "aws/profile.h"
#include "base/error.h"

/* True for what could be a region's name (goes into host names, so: lower case, digits, hyphens).
 */
bool aws_region_is_valid(const char *region);

/* The region when none is given: AWS_REGION, AWS_DEFAULT_REGION, `region` of PROFILE; borrowed.
   NULL without *err when nothing says one; with *err (STATUS_LOCAL, like all errors here) when what
   does says none. PROFILES may be NULL. */
const char *aws_region_find(const struct aws_context *context, const struct aws_profiles *profiles,
                            const char *profile, struct error **err);

/* The same, but that nothing says one is an error, which says what to set. */
const char *aws_region_default(const struct aws_context *context,
                               const struct aws_profiles *profiles, const char *profile,
                               struct error **err);

enum aws_service { AWS_ECR, AWS_STS, AWS_SSO, AWS_SSO_OIDC };

struct aws_endpoint {
  char *url;    /* ends with '/' when it has no path of its own */
  char *why;    /* for -v: "AWS_ENDPOINT_URL_ECR", "the FIPS endpoint of us-gov-west-1" */
  bool own;     /* AWS's own one for the region, of whatever kind; else it is configured */
  char *region; /* the one to sign for: the global endpoint of STS is us-east-1's */
};

/* Where SERVICE is in REGION: OVERRIDE when not NULL (--endpoint-url), else
   AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, PROFILE's `services` section, PROFILE's
   endpoint_url (none of these four when configured endpoints are to be ignored), else by the
   region's partition, with AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and
   AWS_STS_REGIONAL_ENDPOINTS or the profile's keys of these names. PROFILES may be NULL. 0 with
   *ENDPOINT (aws_endpoint_clear it), or -1 with *err when REGION is no region's name, when an
   override is no http or https URL, or has user info, a query or a fragment, or when there is no
   such endpoint. */
int aws_endpoint_find(const struct aws_context *context, const struct aws_profiles *profiles,
                      const char *profile, enum aws_service service, const char *region,
                      const char *override, struct aws_endpoint *endpoint, struct error **err);

void aws_endpoint_clear(struct aws_endpoint *endpoint);

/* The host under which account's images are pulled: ACCOUNT.dkr.ecr.REGION.SUFFIX; caller frees. */
char *aws_ecr_registry_host(const char *account, const char *region);

/* Takes HOST (in lower case, without a port) apart when it is a private ECR registry's, in any form
   there is: dkr.ecr, dkr.ecr-fips, and with dual stack dkr-ecr and dkr-ecr-fips, under the domain
   of the region's partition. True with *ACCOUNT and *REGION, caller frees, and *FIPS: it is a FIPS
   host. */
bool aws_ecr_registry_parse(const char *host, char **account, char **region, bool *fips);

#endif
