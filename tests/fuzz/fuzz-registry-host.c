#include <config.h>

#include <string.h>

#include "aws/region.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "fuzz.h"

/* A host that is taken for a registry's is in a domain of AWS, and names what was found in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *host = xstrndup(size ? (const char *)data : "", size);
  cleanup(cleanup_free) char *account = NULL;
  cleanup(cleanup_free) char *region = NULL;
  bool fips = false;
  if (!aws_ecr_registry_parse(host, &account, &region, &fips)) {
    FUZZ_REQUIRE(!account && !region);
    return 0;
  }
  FUZZ_REQUIRE(strlen(account) == 12 && strncmp(host, account, 12) == 0);
  FUZZ_REQUIRE(aws_region_is_valid(region));
  /* Behind the account: a region may be called anything. */
  FUZZ_REQUIRE(fips == (strncmp(host + 12, ".dkr.ecr-fips.", 14) == 0 ||
                        strncmp(host + 12, ".dkr-ecr-fips.", 14) == 0));
  FUZZ_REQUIRE(strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(host));
  cleanup(cleanup_free) char *usual = aws_ecr_registry_host(account, region);
  if (!fips && strstr(host, ".dkr.ecr."))
    FUZZ_REQUIRE(strcmp(host, usual) == 0);
  static const char *const domains[] = {".amazonaws.com",
                                        ".amazonaws.com.cn",
                                        ".amazonaws.eu",
                                        ".on.aws",
                                        ".on.amazonwebservices.com.cn",
                                        ".c2s.ic.gov",
                                        ".sc2s.sgov.gov",
                                        ".cloud.adc-e.uk",
                                        ".csp.hci.ic.gov",
                                        ".on.amazonwebservices.eu"};
  size_t matches = 0;
  for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
    size_t length = strlen(domains[i]);
    matches += strlen(host) > length && strcmp(host + strlen(host) - length, domains[i]) == 0;
  }
  FUZZ_REQUIRE(matches == 1);
  return 0;
}
