#include <config.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "registry/docker-config.h"
#include "fuzz.h"

/* What is said of a registry can be used as it is. */
static void check_login(const struct docker_config *config, const char *origin, const char *host,
                        const char *repository) {
  struct docker_login login;
  docker_config_find(config, origin, host, repository, &login);
  FUZZ_REQUIRE(login.server && *login.server);
  FUZZ_REQUIRE(!login.helper || *login.helper);
  FUZZ_REQUIRE(!login.only_helper || (login.helper && !login.credential));
  const struct credential *credential = login.credential;
  if (!credential)
    return;
  FUZZ_REQUIRE(credential->kind != CREDENTIAL_NONE);
  FUZZ_REQUIRE(credential->secret && *credential->secret);
  FUZZ_REQUIRE(credential->kind != CREDENTIAL_PASSWORD || (credential->user && *credential->user));
  FUZZ_REQUIRE(strcmp(credential->source, "file") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cleanup(cleanup_error) struct error *error = NULL;
  struct docker_config *config =
      docker_config_parse("file", size ? (const char *)data : "", size, &error);
  FUZZ_REQUIRE((config == NULL) == (error != NULL));
  if (error) {
    FUZZ_REQUIRE(strncmp(error->message, "file: ", 6) == 0);
    FUZZ_REQUIRE(text_is_clean(error->message, strlen(error->message), false));
    FUZZ_REQUIRE(strlen(error->message) < 1000);
    return 0;
  }
  check_login(config, "https://registry-1.docker.io", "docker.io", "library/nginx");
  check_login(config, "https://r.example", "r.example", "a/b");
  check_login(config, "http://localhost:5000", "localhost:5000", NULL);
  docker_config_free(config);
  return 0;
}
