#include <config.h>

#include <string.h>

#include "aws/credentials-container.h"
#include "aws/credentials-imds.h"
#include "aws/region-imds.h"
#include "aws/region.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "fuzz.h"

#define TOKEN "t0ken-of-the-container"
#define PATH "/secret-path"

/* Services of AWS that answer with parts of the input, one after the other. */
struct world {
  const uint8_t *next, *end;
};

static const char *get_variable(void *arg, const char *name) {
  (void)arg;
  if (strcmp(name, "AWS_CONTAINER_CREDENTIALS_FULL_URI") == 0)
    return "http://127.0.0.1" PATH;
  return strcmp(name, "AWS_CONTAINER_AUTHORIZATION_TOKEN") == 0 ? TOKEN : NULL;
}

static int64_t get_time(void *arg) {
  (void)arg;
  return 1704164645;
}

static void check_message(const char *text) {
  FUZZ_REQUIRE(text_is_clean(text, strlen(text), false));
  FUZZ_REQUIRE(strlen(text) < 6000);
}

static void take_note(void *arg, const char *text) {
  (void)arg;
  FUZZ_REQUIRE(strlen(text) < 6000);
}

/* An answer is a byte for its status and what follows up to a form feed. */
static int exchange(void *arg, const struct aws_exchange *asked, struct aws_answer *answer,
                    struct error **err) {
  static const long statuses[] = {200, 404, 401, 500};
  struct world *world = arg;
  for (const char *const *header = asked->request.headers; header && *header; header++)
    FUZZ_REQUIRE(!strpbrk(*header, "\r\n"));
  for (const char *c = asked->request.url; *c; c++)
    FUZZ_REQUIRE(*c > ' ' && *c < 0x7f);
  FUZZ_REQUIRE(asked->direct);
  if (world->next == world->end)
    return error_set(err, STATUS_NETWORK, "nobody there");
  *answer = (struct aws_answer){.status = statuses[*world->next++ % 4]};
  size_t left = (size_t)(world->end - world->next);
  const uint8_t *cut = memchr(world->next, '\f', left);
  answer->length = cut ? (size_t)(cut - world->next) : left;
  answer->body = xmalloc(answer->length + 1);
  memcpy(answer->body, world->next, answer->length);
  answer->body[answer->length] = '\0';
  world->next += answer->length + (cut != NULL);
  return 0;
}

static void check_keys(struct aws_credentials *keys, struct error *error) {
  FUZZ_REQUIRE(!keys || !error);
  const char *const values[] = {keys ? keys->access_key_id : "x",
                                keys ? keys->secret_access_key : "x",
                                keys && keys->session_token ? keys->session_token : "x"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    FUZZ_REQUIRE(*values[i]);
    for (const char *c = values[i]; *c; c++)
      FUZZ_REQUIRE(*c > ' ' && *c < 0x7f);
  }
  FUZZ_REQUIRE(!keys || keys->expiry == 0 || keys->expiry > get_time(NULL));
  if (error)
    check_message(error->message);
  aws_credentials_free(keys);
  error_free(error);
}

/* The first byte says who asks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size)
    return 0;
  struct world world = {.next = data + 1, .end = data + size};
  const struct aws_context context = {.env = get_variable,
                                      .now = get_time,
                                      .exchange = exchange,
                                      .exchange_arg = &world,
                                      .note = take_note};
  struct error *error = NULL;
  struct aws_credentials *keys = NULL;
  if (data[0] % 3 == 0) {
    keys = aws_credentials_container(&context, &error);
    /* Unless it is told there what it was asked. */
    if (error && !memmem(data, size, "ken-of", 6) && !memmem(data, size, "path", 4) &&
        !memchr(data, '\\', size))
      FUZZ_REQUIRE(!strstr(error->message, TOKEN) && !strstr(error->message, PATH));
  } else if (data[0] % 3 == 1) {
    keys = aws_credentials_imds(&context, NULL, "default", &error);
  } else {
    cleanup(cleanup_free) char *region = aws_region_imds(&context, NULL, "default", &error);
    FUZZ_REQUIRE(!region || aws_region_is_valid(region));
  }
  check_keys(keys, error);
  return 0;
}
