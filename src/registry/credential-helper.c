#include <config.h>

#include "registry/credential-helper.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/process.h"
#include "base/text.h"
#include "base/xalloc.h"

#define TIMEOUT 30
#define OUTPUT_MAX ((size_t)256 * 1024)

/* What the protocol has a helper say that knows of no credentials. */
#define NOT_FOUND "credentials not found in native keychain"

/* True when TEXT is LINE with white space around it. */
static bool is_line(const char *text, size_t length, const char *line) {
  while (length > 0 && strchr(" \t\r\n", *text)) {
    text++;
    length--;
  }
  while (length > 0 && strchr(" \t\r\n", text[length - 1]))
    length--;
  return length == strlen(line) && memcmp(text, line, length) == 0;
}

int credential_helper_parse(const char *text, size_t length, struct credential *credential,
                            struct error **err) {
  cleanup(json_tree_wipe) struct json_tree tree = JSON_TREE;
  (void)json_tree_parse(&tree, text, length, JSON_DEPTH, STATUS_UNAUTHORIZED, NULL);
  const struct json_node *object = tree.nodes;
  if (!json_node_is(object, JSON_OBJECT))
    return error_set(err, STATUS_UNAUTHORIZED, "it printed no JSON object");
  const char *user = json_node_string(object, "Username");
  const char *secret = json_node_string(object, "Secret");
  if (!user || !secret)
    return error_set(err, STATUS_UNAUTHORIZED, "it printed no Username and Secret");
  if (*user && *secret)
    *credential = (struct credential){.kind = strcmp(user, "<token>") == 0 ? CREDENTIAL_IDENTITY
                                                                           : CREDENTIAL_PASSWORD,
                                      .user = xstrdup(user),
                                      .secret = xstrdup(secret)};
  return 0;
}

static void clear_result(struct process_result *result) {
  process_result_clear(result);
}

int credential_helper_get(const char *name, const char *server, int stop_fd,
                          struct credential *credential, struct error **err) {
  cleanup(cleanup_free) char *start = xstrndup(name, NAME_MAX);
  cleanup(cleanup_free) char *clean = text_sanitized(start);
  if (!*name || strchr(name, '/') || strcmp(name, clean) != 0)
    return error_set(err, STATUS_UNAUTHORIZED,
                     "the credential helper '%s' is refused: it must be a name, no path", clean);
  cleanup(cleanup_free) char *program = xasprintf("docker-credential-%s", name);
  cleanup(cleanup_error) struct error *error = NULL;
  cleanup(clear_result) struct process_result result = PROCESS_RESULT;
  const char *const argv[] = {program, "get", NULL};
  const struct process_options options = {
      .input = server, .max_output = OUTPUT_MAX, .timeout = TIMEOUT, .stop_fd = stop_fd};
  if (process_run(argv, &options, &result, &error) < 0)
    return error_set(err, STATUS_UNAUTHORIZED, "no credentials for %s: %s", server, error->message);
  if (result.status == 0 &&
      credential_helper_parse(result.output, result.length, credential, &error) == 0) {
    if (credential->kind != CREDENTIAL_NONE)
      credential->source = xstrdup(program);
    return 0;
  }
  if (is_line(result.output, result.length, NOT_FOUND))
    return 0;
  if (result.status != 0)
    return error_set(err, STATUS_UNAUTHORIZED,
                     "no credentials for %s: %s ended with status %d; to see why: echo %s | %s get",
                     server, program, result.status, server, program);
  return error_set(err, STATUS_UNAUTHORIZED, "no credentials for %s: %s: %s", server, program,
                   error->message);
}
