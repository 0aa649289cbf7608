#include <config.h>

#include "aws/sts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>
#include <openssl/crypto.h>

#include "aws/ecr-error.h"
#include "aws/region.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "base/xalloc.h"

/* Answers are of some KiB: a session token has no size that is promised. */
#define ANSWER_MAX ((size_t)256 * 1024)

enum { DEPTH_MAX = 16, MESSAGE_MAX = 512, RETRIES = 3, PARAMETERS = 7 };

/* ---- answers ---- */

enum field { FIELD_ID, FIELD_SECRET, FIELD_TOKEN, FIELD_EXPIRY, FIELD_ARN, FIELD_CODE, FIELD_SAID };

/* What is read, by the element and the one it is in. */
static const struct {
  const char *parent;
  const char *name;
} fields[] = {
    [FIELD_ID] = {"Credentials", "AccessKeyId"},
    [FIELD_SECRET] = {"Credentials", "SecretAccessKey"},
    [FIELD_TOKEN] = {"Credentials", "SessionToken"},
    [FIELD_EXPIRY] = {"Credentials", "Expiration"},
    [FIELD_ARN] = {"AssumedRoleUser", "Arn"},
    [FIELD_CODE] = {"Error", "Code"},
    [FIELD_SAID] = {"Error", "Message"},
};
enum { FIELDS = sizeof fields / sizeof *fields };

struct reader {
  XML_Parser parser;
  char *names[DEPTH_MAX]; /* of the elements that are open; owned */
  int depth;
  int field;              /* that is being read; -1: none */
  char *values[FIELDS];   /* owned, each as large as the document: text in it is never larger */
  size_t lengths[FIELDS]; /* so far */
  bool is_met[FIELDS], is_read[FIELDS];
  size_t max;
  const char *refused; /* why the document is not read on */
};

static void refuse(struct reader *reader, const char *why) {
  reader->refused = why;
  XML_StopParser(reader->parser, XML_FALSE);
}

static void open_element(void *arg, const char *name, const char **attributes) {
  (void)attributes;
  struct reader *reader = arg;
  if (reader->depth == DEPTH_MAX) {
    refuse(reader, "nested too deep");
    return;
  }
  const char *parent = reader->depth > 0 ? reader->names[reader->depth - 1] : "";
  reader->field = -1; /* what has elements in it is no text */
  for (int i = 0; i < FIELDS; i++)
    if (!reader->is_met[i] && strcmp(fields[i].parent, parent) == 0 &&
        strcmp(fields[i].name, name) == 0) {
      reader->field = i;
      reader->is_met[i] = true; /* the first one counts */
      reader->values[i] = xcalloc(1, reader->max + 1);
    }
  reader->names[reader->depth++] = xstrdup(name);
}

static void close_element(void *arg, const char *name) {
  (void)name;
  struct reader *reader = arg;
  if (reader->refused)
    return; /* of an element that was not opened */
  if (reader->field >= 0)
    reader->is_read[reader->field] = true;
  reader->field = -1;
  free(reader->names[--reader->depth]);
}

static void take_text(void *arg, const char *text, int length) {
  struct reader *reader = arg;
  if (reader->field < 0)
    return;
  size_t *used = &reader->lengths[reader->field];
  if ((size_t)length > reader->max - *used) {
    refuse(reader, "too large");
    return;
  }
  memcpy(reader->values[reader->field] + *used, text, (size_t)length);
  *used += (size_t)length;
}

/* Nothing of STS has one, and what it can define is what makes XML dangerous. */
static void refuse_doctype(void *arg, const char *name, const char *system, const char *public_id,
                           int has_internal_subset) {
  (void)name, (void)system, (void)public_id, (void)has_internal_subset;
  refuse(arg, "a document type");
}

/* Takes BODY apart. READER->refused is set when it is no XML that we read; reader_clear it in any
   case. */
static void read_xml(struct reader *reader, const char *body, size_t length) {
  *reader = (struct reader){.field = -1, .max = length};
  if (length > ANSWER_MAX) {
    reader->refused = "too large";
    return;
  }
  static const XML_Memory_Handling_Suite wiping = {
      .malloc_fcn = xmalloc, .realloc_fcn = secret_realloc, .free_fcn = secret_free_block};
  reader->parser = XML_ParserCreate_MM("UTF-8", &wiping, NULL);
  XML_SetUserData(reader->parser, reader);
  XML_SetElementHandler(reader->parser, open_element, close_element);
  XML_SetCharacterDataHandler(reader->parser, take_text);
  XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);
  if (XML_Parse(reader->parser, body, (int)length, XML_TRUE) != XML_STATUS_OK && !reader->refused)
    reader->refused = XML_ErrorString(XML_GetErrorCode(reader->parser));
  XML_ParserFree(reader->parser);
}

static void reader_clear(struct reader *reader) {
  while (reader->depth > 0)
    free(reader->names[--reader->depth]);
  for (int i = 0; i < FIELDS; i++) {
    if (reader->values[i])
      OPENSSL_cleanse(reader->values[i], reader->lengths[i]);
    free(reader->values[i]);
  }
}

/* An empty element tells nothing, and half of one neither. */
static const char *value(const struct reader *reader, enum field field) {
  return reader->is_read[field] && *reader->values[field] ? reader->values[field] : NULL;
}

/* The code of an error in BODY; caller frees. NULL when it tells none. */
static char *read_code(const char *body, size_t length) {
  struct reader reader;
  read_xml(&reader, body, length); /* what came before it broke off counts */
  const char *code = value(&reader, FIELD_CODE);
  char *result = code ? xstrdup(code) : NULL;
  reader_clear(&reader);
  return result;
}

/* What can be done about CODE. */
static const char *hint(const char *code) {
  static const struct {
    const char *code;
    const char *hint;
  } hints[] = {
      {"AccessDenied", "the role's trust policy must allow it"},
      {"ExpiredToken", "the keys that it was asked with have expired: get new ones"},
      {"ExpiredTokenException", "the token in the file has expired: get a new one"},
      {"InvalidClientTokenId", "the keys that it was asked with are not known"},
      {"SignatureDoesNotMatch", "check the secret access key, and this machine's clock"},
      {"RegionDisabledException", "STS is not active in this region for the account"},
      {"InvalidIdentityToken", "the role's account must know the issuer of the token"},
  };
  for (size_t i = 0; code && i < sizeof hints / sizeof *hints; i++)
    if (strcmp(hints[i].code, code) == 0)
      return hints[i].hint;
  return NULL;
}

/* The first line of MESSAGE, without its full stop, safe to show; caller frees. */
static char *first_line(const char *message) {
  size_t length = strcspn(message, "\r\n");
  if (length > MESSAGE_MAX) {
    length = MESSAGE_MAX;
    while (length > 0 && ((unsigned char)message[length] & 0xc0) == 0x80)
      length--; /* not into the middle of a character */
  }
  while (length > 0 && strchr(" .", message[length - 1]))
    length--;
  cleanup(cleanup_free) char *line = xstrndup(message, length);
  return text_sanitized(line);
}

static void read_failure(const struct reader *reader, const char *operation, long http_status,
                         struct error **err) {
  const char *code = value(reader, FIELD_CODE), *said = value(reader, FIELD_SAID);
  const char *next = hint(code);
  cleanup(cleanup_free) char *reason =
      code ? first_line(code) : xasprintf("HTTP status %ld", http_status);
  cleanup(cleanup_free) char *message = said ? first_line(said) : NULL;
  enum status status =
      code && strcmp(code, "AccessDenied") == 0 ? STATUS_DENIED : STATUS_UNAUTHORIZED;
  error_set(err, status, "%s: %s%s%s%s%s", operation, reason, message ? ": " : "",
            message ? message : "", next ? "; " : "", next ? next : "");
}

/* The account in "arn:aws:sts::123456789012:assumed-role/…"; caller frees. NULL: not told. */
static char *account_of(const char *arn) {
  for (int colons = 0; arn && colons < 4; colons++) {
    arn = strchr(arn, ':');
    arn = arn ? arn + 1 : NULL;
  }
  if (!arn || strspn(arn, "0123456789") != 12 || arn[12] != ':')
    return NULL;
  return xstrndup(arn, 12);
}

static struct aws_credentials *read_keys(const struct reader *reader, const char *operation,
                                         const char *arn, struct error **err) {
  for (enum field i = FIELD_ID; i <= FIELD_EXPIRY; i++)
    if (!value(reader, i)) {
      error_set(err, STATUS_UNAUTHORIZED, "%s: the answer has no %s: is the endpoint STS's?",
                operation, fields[i].name);
      return NULL;
    }
  int64_t expiry;
  if (!timestamp_parse(value(reader, FIELD_EXPIRY), &expiry)) {
    error_set(err, STATUS_UNAUTHORIZED, "%s: the answer's Expiration is no time", operation);
    return NULL;
  }
  cleanup(cleanup_free) char *provider = xasprintf("role %s", arn);
  static const char *const where[3] = {"AccessKeyId of the answer", "SecretAccessKey of the answer",
                                       "SessionToken of the answer"};
  struct aws_credentials *keys =
      aws_credentials_new(value(reader, FIELD_ID), value(reader, FIELD_SECRET),
                          value(reader, FIELD_TOKEN), where, provider, err);
  if (!keys) {
    error_wrap(err, "%s", operation);
    return NULL;
  }
  keys->expiry = expiry;
  keys->account = account_of(value(reader, FIELD_ARN));
  keys->confirmed = keys->account != NULL;
  return keys;
}

struct aws_credentials *sts_read(const char *operation, const char *arn, long http_status,
                                 const char *body, size_t length, struct error **err) {
  struct reader reader;
  struct aws_credentials *keys = NULL;
  read_xml(&reader, body, length);
  if (http_status != 200)
    read_failure(&reader, operation, http_status, err);
  else if (reader.refused)
    error_set(err, STATUS_UNAUTHORIZED, "%s: the answer cannot be read: %s: is the endpoint STS's?",
              operation, reader.refused);
  else
    keys = read_keys(&reader, operation, arn, err);
  reader_clear(&reader);
  return keys;
}

/* ---- calls ---- */

/* STS throttles by an HTTP 400, and says by one that it could not reach who issued a token. */
static bool is_transient(const struct http_response *response) {
  if (response->error || response->status < 400)
    return false;
  cleanup(cleanup_free) char *code = read_code(response->body, response->length);
  return ecr_error_is_transient(code) || (code && strcmp(code, "IDPCommunicationError") == 0);
}

struct parameter {
  const char *name;
  const char *value; /* NULL: it is left out */
};

/* PARAMETERS as a form (WHATWG URL, application/x-www-form-urlencoded), ending with a NULL name;
   caller wipes and frees. */
static char *form(const struct parameter *parameters) {
  static const char digits[] = "0123456789ABCDEF";
  size_t size = 1;
  for (const struct parameter *p = parameters; p->name; p++)
    if (p->value)
      size += strlen(p->name) + 2 + 3 * strlen(p->value);
  char *text = xmalloc(size), *end = text;
  for (const struct parameter *p = parameters; p->name; p++) {
    if (!p->value)
      continue;
    if (end > text)
      *end++ = '&';
    size_t length = strlen(p->name);
    memcpy(end, p->name, length);
    end += length;
    *end++ = '=';
    for (const unsigned char *c = (const unsigned char *)p->value; *c; c++) {
      bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                   (*c >= '0' && *c <= '9') || strchr("-._~", *c);
      if (plain || *c == ' ') {
        *end++ = *c == ' ' ? '+' : (char)*c;
      } else {
        *end++ = '%';
        *end++ = digits[*c >> 4];
        *end++ = digits[*c & 15];
      }
    }
  }
  *end = '\0';
  return text;
}

static void wipe(char *text) {
  OPENSSL_cleanse(text, strlen(text));
  free(text);
}

static struct aws_credentials *call(const struct sts *sts, const char *operation,
                                    const struct sts_role *role, const struct aws_credentials *keys,
                                    const char *token, struct error **err) {
  const char *region = sts->region;
  if (!region)
    region = aws_region_default(sts->context, sts->profiles, sts->profile, err);
  cleanup(aws_endpoint_clear) struct aws_endpoint endpoint = {.url = NULL};
  if (!region || aws_endpoint_find(sts->context, sts->profiles, sts->profile, AWS_STS, region, NULL,
                                   &endpoint, err) < 0) {
    error_wrap(err, "%s", operation);
    return NULL;
  }
  cleanup(cleanup_free) char *session =
      role->session_name ? xstrdup(role->session_name)
                         : xasprintf("ocidup-%lld", (long long)aws_context_now(sts->context));
  cleanup(cleanup_free) char *duration =
      role->duration > 0 ? xasprintf("%ld", role->duration) : NULL;
  const struct parameter parameters[PARAMETERS + 1] = {{"Action", operation},
                                                       {"Version", "2011-06-15"},
                                                       {"RoleArn", role->arn},
                                                       {"RoleSessionName", session},
                                                       {"ExternalId", role->external_id},
                                                       {"DurationSeconds", duration},
                                                       {"WebIdentityToken", token},
                                                       {NULL, NULL}};
  char *body = form(parameters);
  static const char *const headers[] = {
      "content-type: application/x-www-form-urlencoded; charset=utf-8", "accept: text/xml", NULL};
  struct http_signature signature;
  struct aws_exchange exchange = {.request = {.method = "POST",
                                              .url = endpoint.url,
                                              .headers = headers,
                                              .body = body,
                                              .body_length = strlen(body),
                                              .max_body = ANSWER_MAX,
                                              .transient = is_transient},
                                  .retries = RETRIES};
  if (keys) {
    signature = (struct http_signature){.region = endpoint.region,
                                        .service = "sts",
                                        .access_key_id = keys->access_key_id,
                                        .secret_access_key = keys->secret_access_key,
                                        .session_token = keys->session_token};
    exchange.request.signature = &signature;
  }
  aws_context_note(sts->context, "credentials: %s for role %s (%s)", operation, role->arn,
                   endpoint.why);
  struct aws_answer answer = AWS_ANSWER;
  struct aws_credentials *result = NULL;
  if (sts->context->exchange(sts->context->exchange_arg, &exchange, &answer, err) < 0)
    error_wrap(err, "%s", operation);
  else
    result = sts_read(operation, role->arn, answer.status, answer.body, answer.length, err);
  aws_answer_clear(&answer);
  wipe(body);
  return result;
}

struct aws_credentials *sts_assume_role(const struct sts *sts, const struct aws_credentials *keys,
                                        const struct sts_role *role, struct error **err) {
  return call(sts, "AssumeRole", role, keys, NULL, err);
}

struct aws_credentials *sts_assume_role_with_web_identity(const struct sts *sts, const char *token,
                                                          const struct sts_role *role,
                                                          struct error **err) {
  return call(sts, "AssumeRoleWithWebIdentity", role, NULL, token, err);
}
