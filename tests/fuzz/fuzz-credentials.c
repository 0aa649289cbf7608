#include <config.h>

#include <string.h>

#include "aws/credentials-json.h"
#include "aws/sso-token.h"
#include "fuzz.h"

static const struct aws_credentials_form forms[] = {
    {.names = {"AccessKeyId", "SecretAccessKey", "Token"}, .expiration = "Expiration"},
    {.names = {"AccessKeyId", "SecretAccessKey", "SessionToken"},
     .expiration = "Expiration",
     .versioned = true},
    {.inside = "roleCredentials",
     .names = {"accessKeyId", "secretAccessKey", "sessionToken"},
     .expiration = "expiration"}};

static void check_signable(const char *value, size_t size) {
  FUZZ_REQUIRE(*value && strlen(value) <= size);
  for (; *value; value++)
    FUZZ_REQUIRE(*value > ' ' && *value < 0x7f);
}

/* What a program prints, an endpoint answers, or `aws sso login` left. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size ? (const char *)data : "";
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    struct error *error = NULL;
    struct aws_credentials *found = aws_credentials_parse(text, size, &forms[i], "fuzz", &error);
    FUZZ_REQUIRE((found == NULL) == (error != NULL));
    if (found) {
      check_signable(found->access_key_id, size);
      check_signable(found->secret_access_key, size);
      if (found->session_token)
        check_signable(found->session_token, size);
      FUZZ_REQUIRE(found->expiry >= 0);
      FUZZ_REQUIRE(!found->account || strlen(found->account) == 12);
    }
    error_free(error);
    aws_credentials_free(found);
  }
  struct error *error = NULL;
  struct sso_token token;
  if (sso_token_parse(text, size, &token, &error) == 0) {
    check_signable(token.access, size);
    FUZZ_REQUIRE(!error && token.cached);
    FUZZ_REQUIRE(!token.refresh || (token.client_id && token.client_secret));
  } else {
    FUZZ_REQUIRE(error && !token.cached && !token.access && !token.refresh);
  }
  error_free(error);
  sso_token_clear(&token);
  return 0;
}
