#include <config.h>

#include <string.h>

#include "aws/ini.h"
#include "fuzz.h"

static const char *const keys[] = {"a", "region", "s3", "endpoint_url", "aws_secret_access_key"};

static void check_value(const char *value, size_t size) {
  if (!value)
    return;
  size_t length = strlen(value);
  FUZZ_REQUIRE(length < size);
  FUZZ_REQUIRE(!length || (!strchr(" \t", value[0]) && !strchr(" \t", value[length - 1])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct error *error = NULL;
  struct ini *ini = ini_parse((const char *)data, size, &error);
  FUZZ_REQUIRE((ini == NULL) == (error != NULL));
  if (!ini) {
    /* Nothing of the file is in a message. */
    FUZZ_REQUIRE(strncmp(error->message, "line ", 5) == 0);
    FUZZ_REQUIRE(strlen(error->message) < 100);
    error_free(error);
    return 0;
  }
  const char *section;
  for (size_t i = 0; (section = ini_section(ini, i)); i++) {
    FUZZ_REQUIRE(*section && !strpbrk(section, "]\r\n"));
    FUZZ_REQUIRE(ini_has(ini, section));
    check_value(section, size);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
      const char *value = ini_get(ini, section, keys[k]);
      check_value(value, size);
      for (size_t n = 0; n < sizeof keys / sizeof *keys; n++) {
        const char *nested = ini_get_nested(ini, section, keys[k], keys[n]);
        check_value(nested, size);
        FUZZ_REQUIRE(!nested || (value && !*value && !strpbrk(nested, "\r\n")));
      }
    }
  }
  FUZZ_REQUIRE(!ini_has(ini, ""));
  ini_free(ini);
  return 0;
}
