#include <config.h>

#include "aws/credentials-process.h"

#include <string.h>

#include "aws/credentials-json.h"
#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"
#include "base/xalloc.h"

/* Seconds. Some ask the user in a browser. */
#define TIMEOUT 120

static const struct aws_credentials_form form = {
    .names = {"AccessKeyId", "SecretAccessKey", "SessionToken"},
    .expiration = "Expiration",
    .versioned = true};

static void cleanup_words(char ***words) {
  process_words_free(*words);
}

/* Runs WORDS. Of its arguments nothing is told: some take passwords there. */
static struct aws_credentials *run(const struct aws_context *context, char **words,
                                   const char *provider, struct error **err) {
  const struct process_options options = {
      .max_output = AWS_CREDENTIALS_JSON_MAX, .timeout = TIMEOUT, .stop_fd = context->stop_fd};
  cleanup(process_result_clear) struct process_result result = PROCESS_RESULT;
  struct error *trouble = NULL;
  struct aws_credentials *found = NULL;
  cleanup(cleanup_free) char *program = text_sanitized(words[0]);
  if (process_run((const char *const *)words, &options, &result, &trouble) < 0) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "%s", trouble->message);
    error_free(trouble);
    return NULL;
  }
  if (result.status != 0) {
    (void)error_set(err, STATUS_UNAUTHORIZED,
                    "%s: ended with status %d; run it by hand to see why", program, result.status);
    return NULL;
  }
  found = aws_credentials_parse(result.output, result.length, &form, provider, &trouble);
  found = aws_credentials_current(found, aws_context_now(context), &trouble);
  if (!found)
    (void)error_set(err, STATUS_UNAUTHORIZED, "what %s printed cannot be used: %s", program,
                    trouble->message);
  error_free(trouble);
  return found;
}

struct aws_credentials *aws_credentials_process(const struct aws_context *context,
                                                const struct aws_profiles *profiles,
                                                const char *profile, struct error **err) {
  const char *command = aws_profiles_get(profiles, profile, "credential_process");
  if (!command)
    return NULL;
  cleanup(cleanup_free) char *provider = xasprintf("credential_process of profile %s", profile);
  cleanup(cleanup_error) struct error *trouble = NULL;
  cleanup(cleanup_words) char **words = process_words(command, &trouble);
  struct aws_credentials *found = words ? run(context, words, provider, &trouble) : NULL;
  if (!found) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "profile %s: credential_process: %s", profile,
                    trouble->message);
    return NULL;
  }
  const char *account = aws_profiles_get(profiles, profile, "aws_account_id");
  if (!found->account && aws_is_account(account))
    found->account = xstrdup(account);
  return found;
}
