#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "fuzz.h"
#include "net/url.h"
#include "registry/endpoint.h"
#include "registry/reference.h"

/* Where a host is asked is an origin, and what stands before names begins a name. */
static void check_host(const struct endpoints *endpoints, const char *host) {
  cleanup(endpoint_clear) struct endpoint endpoint = {.origin = NULL};
  endpoints_find(endpoints, host, &endpoint);
  /* The grammar of references takes addresses of IPv6 that are none. */
  cleanup(cleanup_free) char *origin = url_origin(endpoint.origin, NULL);
  if (!origin && strchr(endpoint.origin, '['))
    return;
  FUZZ_REQUIRE(endpoint_same_origin(endpoint.origin, endpoint.origin));
  FUZZ_REQUIRE(origin && (strncmp(origin, "http:", 5) == 0) == endpoint.plain);
  FUZZ_REQUIRE(endpoint.plain || !(endpoint.wanted || endpoint.exposed));
  FUZZ_REQUIRE(!(endpoint.wanted && endpoint.exposed));
  size_t length = strlen(endpoint.prefix);
  FUZZ_REQUIRE(!length || endpoint.prefix[length - 1] == '/');
  cleanup(cleanup_free) char *name = xasprintf("%sa", endpoint.prefix);
  if (strlen(name) <= 255)
    FUZZ_REQUIRE(reference_repository_is_valid(name));
}

/* Each line is an option: m, p or t and its value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_free) char *text = xstrndup(size ? (const char *)data : "", size);
  struct endpoints *endpoints = endpoints_new();
  for (char *line = text, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next)
      *next++ = '\0';
    if (!*line)
      continue;
    const char *value = line + 1;
    cleanup(cleanup_error) struct error *error = NULL;
    int result = *line == 'm'   ? endpoints_mirror(endpoints, value, &error)
                 : *line == 'p' ? endpoints_plain_http(endpoints, value, &error)
                                : endpoints_tls(endpoints, value, &error);
    FUZZ_REQUIRE((result < 0) == (error != NULL));
    line[1 + strcspn(value, "=")] = '\0';
    if (reference_host_is_valid(value))
      check_host(endpoints, value);
  }
  check_host(endpoints, "docker.io");
  check_host(endpoints, "localhost:5000");
  endpoints_free(endpoints);
  return 0;
}
