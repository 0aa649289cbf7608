#include <config.h>

#include "aws/credentials-json.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "base/xalloc.h"

/* Of what others said, bytes; each may become three. */
#define SAID_MAX ((size_t)200)

char *aws_credentials_said(const char *text, const char *secret) {
  if (!text || (secret && *secret && strstr(text, secret)))
    return xstrdup("");
  struct strbuf shown = STRBUF(3 * SAID_MAX);
  (void)text_sanitize(&shown, text, strnlen(text, SAID_MAX), false);
  return strbuf_take(&shown);
}

void aws_json_wipe(struct json_object *object) {
  if (!object)
    return;
  if (json_object_is_type(object, json_type_object)) {
    json_object_object_foreach(object, name, value) {
      (void)name;
      aws_json_wipe(json_object_get(value));
    }
  } else if (json_object_is_type(object, json_type_array)) {
    for (size_t i = 0; i < json_object_array_length(object); i++)
      aws_json_wipe(json_object_get(json_object_array_get_idx(object, i)));
  } else if (json_object_is_type(object, json_type_string)) {
    /* The string is the object's own, and nobody looks at it any more; json-c only has no way to
       say so. */
    union {
      const char *in;
      char *out;
    } string = {.in = json_object_get_string(object)};
    OPENSSL_cleanse(string.out, (size_t)json_object_get_string_len(object));
  }
  json_object_put(object);
}

/* "Code" says that there are no keys. */
static int check_code(const struct json_node *object, struct error **err) {
  const char *code = json_node_string(object, "Code");
  if (!code || strcmp(code, "Success") == 0)
    return 0;
  const char *message = json_node_string(object, "Message");
  cleanup(cleanup_free) char *shown = aws_credentials_said(code, NULL);
  cleanup(cleanup_free) char *why = aws_credentials_said(message, NULL);
  return error_set(err, STATUS_UNAUTHORIZED, "%s%s%s", shown, *why ? ": " : "", why);
}

static int check_version(const struct json_node *object, struct error **err) {
  int64_t version;
  if (!json_node_get(object, "Version"))
    return error_set(err, STATUS_UNAUTHORIZED, "there is no \"Version\": 1");
  if (!json_node_int64(object, "Version", &version) || version != 1)
    return error_set(err, STATUS_UNAUTHORIZED, "\"Version\" is not 1");
  return 0;
}

static int read_expiry(const struct json_node *object, const char *name, int64_t *expiry,
                       struct error **err) {
  *expiry = 0;
  if (!json_node_get(object, name))
    return 0;
  const char *text = json_node_string(object, name);
  int64_t seconds;
  bool good = text ? timestamp_parse(text, &seconds) : json_node_int64(object, name, &seconds);
  if (good && !text)
    seconds /= 1000;
  /* What is not after 1970 is no point in time that anybody meant; and 0 means never. */
  if (!good || seconds <= 0)
    return error_set(err, STATUS_UNAUTHORIZED, "\"%s\" is no point in time", name);
  *expiry = seconds;
  return 0;
}

struct aws_credentials *aws_credentials_parse(const char *text, size_t length,
                                              const struct aws_credentials_form *form,
                                              const char *provider, struct error **err) {
  cleanup(json_tree_wipe) struct json_tree tree = JSON_TREE;
  if (json_tree_parse(&tree, text, length, JSON_DEPTH, STATUS_UNAUTHORIZED, err) < 0)
    return NULL;
  const struct json_node *top = tree.nodes;
  if (!json_node_is(top, JSON_OBJECT)) {
    (void)error_set(err, STATUS_UNAUTHORIZED, "no JSON object");
    return NULL;
  }
  if (check_code(top, err) < 0 || (form->versioned && check_version(top, err) < 0))
    return NULL;
  const struct json_node *object = form->inside ? json_node_object(top, form->inside) : top;
  const char *values[3];
  for (int i = 0; i < 3; i++) {
    values[i] = json_node_string(object, form->names[i]);
    if (values[i] && !*values[i])
      values[i] = NULL;
    /* What is there and is no text is not what is absent. */
    if (!values[i] && (i < 2 || (json_node_get(object, form->names[i]) &&
                                 !json_node_string(object, form->names[i])))) {
      (void)error_set(err, STATUS_UNAUTHORIZED, "there is no \"%s\"", form->names[i]);
      return NULL;
    }
  }
  int64_t expiry;
  if (read_expiry(object, form->expiration, &expiry, err) < 0)
    return NULL;
  struct aws_credentials *credentials =
      aws_credentials_new(values[0], values[1], values[2], form->names, provider, err);
  if (!credentials)
    return NULL;
  credentials->expiry = expiry;
  const char *account = json_node_string(object, "AccountId");
  credentials->account = aws_is_account(account) ? xstrdup(account) : NULL;
  return credentials;
}

struct aws_credentials *aws_credentials_current(struct aws_credentials *credentials, int64_t now,
                                                struct error **err) {
  if (!credentials || credentials->expiry == 0 || credentials->expiry > now)
    return credentials;
  cleanup(cleanup_free) char *when = timestamp_format(credentials->expiry);
  (void)error_set(err, STATUS_UNAUTHORIZED, "the keys ran out at %s", when ? when : "?");
  aws_credentials_free(credentials);
  return NULL;
}
