#include <config.h>

#include "aws/credentials-container.h"

#include <arpa/inet.h>
#include <string.h>

#include "aws/credentials-json.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json-tree.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/url.h"

#define RELATIVE_URI "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"

#define TOKEN_MAX ((size_t)64 * 1024)
#define TIMEOUT 2 /* seconds: it is on this machine or on its host */
#define RETRIES 2

static const struct aws_credentials_form form = {
    .names = {"AccessKeyId", "SecretAccessKey", "Token"}, .expiration = "Expiration"};

/* Whether HOST ("name", "[v6]") may be asked over plain http. Names are not looked up: what is
   looked up may be answered by anybody. */
static bool may_be_plain(const char *host) {
  struct in_addr v4;
  if (inet_pton(AF_INET, host, &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == 127 || strcmp(host, "169.254.170.2") == 0 ||
           strcmp(host, "169.254.170.23") == 0;
  if (host[0] != '[')
    return strcmp(host, "localhost") == 0;
  struct in6_addr v6, eks;
  cleanup(cleanup_free) char *address = xstrndup(host + 1, strcspn(host + 1, "]"));
  return inet_pton(AF_INET6, address, &v6) == 1 &&
         (IN6_IS_ADDR_LOOPBACK(&v6) ||
          (inet_pton(AF_INET6, "fd00:ec2::23", &eks) == 1 && memcmp(&v6, &eks, sizeof v6) == 0));
}

/* The URL to ask, caller frees; *ORIGIN (caller frees) is what may be shown: the path can be a
   secret. */
static char *find_url(const struct aws_context *context, char **origin, struct error **err) {
  const char *relative = aws_context_env(context, RELATIVE_URI);
  const char *full = aws_context_env(context, FULL_URI);
  if (relative && relative[0] != '/') {
    (void)error_set(err, STATUS_UNAUTHORIZED, RELATIVE_URI " does not start with /");
    return NULL;
  }
  char *url = relative ? xasprintf("http://169.254.170.2%s", relative) : xstrdup(full);
  *origin = url_origin(url, NULL);
  if (!*origin) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "%s is no http or https URL without user info",
                    relative ? RELATIVE_URI : FULL_URI);
    free(url);
    return NULL;
  }
  const char *host = strstr(*origin, "://") + 3;
  cleanup(cleanup_free) char *name =
      xstrndup(host, host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":"));
  if (strncmp(*origin, "http:", 5) == 0 && !may_be_plain(name)) {
    (void)error_set(err, STATUS_UNAUTHORIZED,
                    FULL_URI ": plain http is only for localhost, loopback addresses, "
                             "169.254.170.2, 169.254.170.23 and [fd00:ec2::23], not for %s",
                    name);
    free(url);
    return NULL;
  }
  return url;
}

/* The value of Authorization: 0 with *TOKEN (caller wipes; NULL: none), or -1 with *err. A file is
   read each time, for who wrote it writes a new one before it runs out. */
static int find_token(const struct aws_context *context, char **token, struct error **err) {
  *token = NULL;
  const char *path = aws_context_env(context, TOKEN_FILE);
  const char *value = aws_context_env(context, TOKEN);
  size_t length = 0;
  if (path) {
    struct error *trouble = NULL;
    *token = file_read(path, TOKEN_MAX, &length, &trouble);
    if (!*token) {
      (void)error_set(err, STATUS_UNAUTHORIZED, TOKEN_FILE ": %s", trouble->message);
      error_free(trouble);
      return -1;
    }
  } else if (value) {
    *token = xstrdup(value);
    length = strlen(value);
  } else {
    return 0;
  }
  const char *why = strlen(*token) != length || strpbrk(*token, "\r\n")
                        ? "holds a line break, which no token has"
                    : !(*token)[strspn(*token, " \t")] ? "is empty"
                                                       : NULL;
  if (!why)
    return 0;
  (void)error_set(err, STATUS_UNAUTHORIZED, "%s %s", path ? TOKEN_FILE : TOKEN, why);
  file_wipe(*token, length);
  *token = NULL;
  return -1;
}

/* What an answer that is no success says of itself. */
static int refused(const struct aws_answer *answer, const char *token, struct error **err) {
  cleanup(json_tree_wipe) struct json_tree body = JSON_TREE;
  (void)json_tree_parse(&body, answer->body, answer->length, JSON_DEPTH, STATUS_UNAUTHORIZED, NULL);
  cleanup(cleanup_free) char *code =
      aws_credentials_said(json_node_string(body.nodes, "code"), token);
  cleanup(cleanup_free) char *message =
      aws_credentials_said(json_node_string(body.nodes, "message"), token);
  return error_set(err, STATUS_UNAUTHORIZED, "HTTP status %ld%s%s%s%s", answer->status,
                   *code ? ": " : "", code, *message ? ": " : "", message);
}

static struct aws_credentials *ask(const struct aws_context *context, const char *url,
                                   const char *origin, const char *token, struct error **err) {
  const char *const headers[] = {"Accept: application/json", NULL};
  const struct aws_exchange exchange = {.request = {.method = "GET",
                                                    .url = url,
                                                    .headers = headers,
                                                    .authorization = token,
                                                    .max_body = AWS_CREDENTIALS_JSON_MAX},
                                        .timeout = TIMEOUT,
                                        .retries = RETRIES,
                                        .direct = true};
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  if (context->exchange(context->exchange_arg, &exchange, &answer, err) < 0)
    return NULL;
  if (answer.status != 200) {
    (void)refused(&answer, token, err);
    return NULL;
  }
  cleanup(cleanup_free) char *provider = xasprintf("container endpoint %s", origin);
  struct aws_credentials *found =
      aws_credentials_parse(answer.body, answer.length, &form, provider, err);
  return aws_credentials_current(found, aws_context_now(context), err);
}

struct aws_credentials *aws_credentials_container(const struct aws_context *context,
                                                  struct error **err) {
  if (!aws_context_env(context, RELATIVE_URI) && !aws_context_env(context, FULL_URI))
    return NULL;
  cleanup(cleanup_free) char *origin = NULL;
  cleanup(cleanup_free) char *url = find_url(context, &origin, err);
  char *token = NULL;
  if (!url || find_token(context, &token, err) < 0)
    return NULL;
  cleanup(cleanup_error) struct error *trouble = NULL;
  struct aws_credentials *found = ask(context, url, origin, token, &trouble);
  if (!found) {
    /* "URL: why": the URL is said already, and without its path. */
    cleanup(cleanup_free) char *shown = http_url_display(url);
    const char *why = trouble->message;
    size_t length = strlen(shown);
    if (strncmp(why, shown, length) == 0 && strncmp(why + length, ": ", 2) == 0)
      why += length + 2;
    (void)error_set(err, STATUS_UNAUTHORIZED, "container endpoint %s: %s", origin, why);
  }
  file_wipe(token, token ? strlen(token) : 0);
  return found;
}
