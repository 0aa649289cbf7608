#include <config.h>

#include <string.h>

#include "aws/profile.h"
#include "base/cleanup.h"
#include "fuzz-file.h"

struct world {
  struct fuzz_file config, credentials;
};

static const char *get_variable(void *arg, const char *name) {
  const struct world *world = arg;
  if (strcmp(name, "AWS_CONFIG_FILE") == 0)
    return world->config.path;
  return strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0 ? world->credentials.path : NULL;
}

static void check_profile(const struct aws_profiles *profiles, const char *name) {
  static const char *const keys[] = {"a", "region", "aws_secret_access_key", "role_arn"};
  FUZZ_REQUIRE(aws_profiles_has(profiles, name));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const char *value = aws_profiles_get(profiles, name, keys[i]);
    const char *first = aws_profiles_get_credentials(profiles, name, keys[i]);
    const char *second = aws_profiles_get_config(profiles, name, keys[i]);
    FUZZ_REQUIRE(!value || *value);
    FUZZ_REQUIRE(value == (first ? first : second));
  }
  struct error *error = NULL;
  const char *endpoint = aws_profiles_service_endpoint(profiles, name, "ecr", &error);
  FUZZ_REQUIRE(!endpoint || (*endpoint && !error));
  error_free(error);
}

/* The config file, a form feed, and the credentials file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *bytes = size ? data : (const uint8_t *)"";
  const uint8_t *cut = memchr(bytes, '\f', size);
  size_t length = cut ? (size_t)(cut - bytes) : size;
  struct world world = {.config = fuzz_file_make(bytes, length),
                        .credentials =
                            fuzz_file_make(bytes + length + !!cut, size - length - !!cut)};
  const struct aws_context context = {.env = get_variable, .env_arg = &world};
  cleanup(cleanup_error) struct error *error = NULL;
  struct aws_profiles *profiles = aws_profiles_read(&context, &error);
  FUZZ_REQUIRE(!profiles == !!error);
  if (error) {
    /* The file and the line, and nothing of what is in it. */
    FUZZ_REQUIRE(strncmp(error->message, "AWS_", 4) == 0 && strstr(error->message, ": line ") &&
                 strlen(error->message) < 170);
  } else {
    const char *name;
    for (size_t i = 0; (name = aws_profiles_name(profiles, i)); i++)
      check_profile(profiles, name);
    (void)aws_profiles_sso_session(profiles, "a", "region");
  }
  aws_profiles_free(profiles);
  fuzz_file_close(&world.config);
  fuzz_file_close(&world.credentials);
  return 0;
}
