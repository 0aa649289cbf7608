#include <config.h>

#include "aws/region-imds.h"

#include <string.h>

#include "aws/imds.h"
#include "aws/region.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

#define PLACE "/latest/meta-data/placement/region"
#define PLACE_MAX ((size_t)4096)

char *aws_region_imds(const struct aws_context *context, const struct aws_profiles *profiles,
                      const char *profile, struct error **err) {
  cleanup(aws_imds_clear) struct aws_imds imds = AWS_IMDS;
  if (aws_imds_open(context, profiles, profile, &imds, err) <= 0)
    return NULL;
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  cleanup(cleanup_error) struct error *trouble = NULL;
  if (aws_imds_get(&imds, PLACE, PLACE_MAX, &answer, &trouble) < 0) {
    aws_context_note(context, "instance metadata service: no region: %s", trouble->message);
    return NULL;
  }
  if (answer.status != 200) {
    aws_context_note(context, "instance metadata service: no region: HTTP status %ld",
                     answer.status);
    return NULL;
  }
  size_t length = strlen(answer.body); /* up to a NUL, if there is one: then it is no name */
  cleanup(cleanup_free) char *region = xstrndup(answer.body, strcspn(answer.body, "\r\n"));
  if (length != answer.length || !aws_region_is_valid(region)) {
    aws_context_note(context, "instance metadata service: what it gives as the region is none");
    return NULL;
  }
  aws_context_note(context, "region %s: that of the instance", region);
  return xstrdup(region);
}
