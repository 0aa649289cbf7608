/* Regions, partitions and the endpoint of a service in them (AWS General Reference, "Amazon ECR
   endpoints"). */
#ifndef OCIDUP_AWS_REGION_H
#define OCIDUP_AWS_REGION_H

#include <stdbool.h>

#include "aws/credentials.h"
#include "base/error.h"

/* True for what could be a region's name (goes into host names, so: lower case, digits, hyphens).
 */
bool aws_region_is_valid(const char *region);

/* The default region: AWS_REGION, then AWS_DEFAULT_REGION; borrowed from the environment. NULL with
 *err (STATUS_LOCAL, like all errors here) saying what to set. */
const char *aws_region_default(aws_getenv_fn *env, void *env_arg, struct error **err);

/* The ECR API's URL for REGION: OVERRIDE when not NULL (--endpoint-url), else
   AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL (both only unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is
   "true"), else https://api.ecr.REGION.SUFFIX/; caller frees. NULL with *err when an override is no
   http or https URL, or has user info, a query or a fragment. */
char *aws_ecr_endpoint(const char *region, const char *override, aws_getenv_fn *env, void *env_arg,
                       struct error **err);

/* The host under which account's images are pulled: ACCOUNT.dkr.ecr.REGION.SUFFIX; caller frees. */
char *aws_ecr_registry_host(const char *account, const char *region);

#endif
