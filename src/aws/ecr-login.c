#include <config.h>

#include "aws/ecr-login.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ecr-error.h"
#include "aws/ecr-reply.h"
#include "aws/profile.h"
#include "aws/region.h"
#include "aws/source.h"
#include "base/cleanup.h"
#include "base/json-tree.h"
#include "base/xalloc.h"

/* The answer holds one token of a few KiB. */
#define ANSWER_MAX ((size_t)256 * 1024)

enum {
  /* A token with less left is replaced when somebody new asks, seconds; they live for 12 hours. */
  SOON = 300,
  /* When AWS gave none, or what it gave was refused at once, it is not asked again for so long,
     seconds: hundreds of references may wait for the same registry. */
  PATIENCE = 60
};

/* One registry. */
struct registry {
  struct registry *next;
  char *account;
  char *region;
  bool fips;
  struct ecr_authorization token; /* user NULL: none */
  char *source;                   /* where it is from, for people */
  int64_t issued;                 /* when we got it */
  int64_t renewed;                /* when one was last replaced because it was refused; 0: never */
  struct error *error;            /* why there is none */
  int64_t failed;                 /* when */
};

struct ecr_login {
  struct aws_context *context;
  struct ecr_login_options options;
  struct registry *registries;
  /* Of AWS, once it was looked at. */
  bool opened;
  struct error *error; /* for good */
  struct aws_profiles *profiles;
  const char *profile;
  struct ca ca;
  struct error *ca_error;
  struct aws_source *source;
};

struct ecr_login *ecr_login_new(struct aws_context *context,
                                const struct ecr_login_options *options) {
  struct ecr_login *login = xcalloc(1, sizeof *login);
  login->context = context;
  login->options = *options;
  return login;
}

static void free_registry(struct registry *registry) {
  free(registry->account);
  free(registry->region);
  ecr_authorization_clear(&registry->token);
  free(registry->source);
  error_free(registry->error);
  free(registry);
}

void ecr_login_free(struct ecr_login *login) {
  if (!login)
    return;
  while (login->registries) {
    struct registry *registry = login->registries;
    login->registries = registry->next;
    free_registry(registry);
  }
  aws_source_free(login->source);
  aws_profiles_free(login->profiles);
  ca_clear(&login->ca);
  error_free(login->error);
  error_free(login->ca_error);
  free(login);
}

/* ---- AWS ---- */

/* Looks at AWS's configuration, once. REGION is where its security service is asked when nothing
   says another. */
static void open_aws(struct ecr_login *login, const char *region) {
  if (login->opened)
    return;
  login->opened = true;
  struct aws_context *context = login->context;
  const char *bundle = NULL;
  login->profiles = aws_profiles_read(context, &login->error);
  login->profile = login->options.profile ? login->options.profile : aws_profiles_default(context);
  if (login->profiles) {
    bundle = aws_profiles_get(login->profiles, login->profile, "ca_bundle");
    login->source = aws_source_new(
        context, login->profiles,
        &(struct aws_source_options){.profile = login->options.profile, .region = region});
  }
  if (ca_find_aws(login->options.cacert, context->env, context->env_arg, bundle, login->profile,
                  &login->ca, &login->ca_error) < 0)
    login->ca_error->status = STATUS_TLS; /* of a row: it is these registries' trouble only */
  context->ca = &login->ca;
}

static int tell(const struct error *error, struct error **err) {
  return error ? error_set(err, error->status, "%s", error->message) : 0;
}

/* Variables as they are, but FIPS is asked for: who names a FIPS host wants nothing else. */
static const char *fips_variable(void *arg, const char *name) {
  const struct aws_context *context = arg;
  if (strcmp(name, "AWS_USE_FIPS_ENDPOINT") == 0)
    return "true";
  return context->env(context->env_arg, name);
}

static int find_endpoint(const struct ecr_login *login, const struct registry *registry,
                         struct aws_endpoint *endpoint, struct error **err) {
  struct aws_context context = *login->context;
  if (registry->fips) {
    context.env = fips_variable;
    context.env_arg = login->context;
  }
  return aws_endpoint_find(&context, login->profiles, login->profile, AWS_ECR, registry->region,
                           NULL, endpoint, err);
}

/* Asks for a token with KEYS. */
static int ask(const struct ecr_login *login, const struct registry *registry,
               const struct aws_endpoint *endpoint, const struct aws_credentials *keys,
               struct aws_answer *answer, struct error **err) {
  cleanup(cleanup_free) char *body = xasprintf("{\"registryIds\":[\"%s\"]}", registry->account);
  const char *const headers[] = {
      "content-type: application/x-amz-json-1.1",
      "x-amz-target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", NULL};
  const struct http_signature signature = {.region = endpoint->region,
                                           .service = "ecr",
                                           .access_key_id = keys->access_key_id,
                                           .secret_access_key = keys->secret_access_key,
                                           .session_token = keys->session_token};
  const struct aws_exchange exchange = {.request = {.method = "POST",
                                                    .url = endpoint->url,
                                                    .headers = headers,
                                                    .body = body,
                                                    .body_length = strlen(body),
                                                    .signature = &signature,
                                                    .max_body = ANSWER_MAX,
                                                    .transient = ecr_error_is_passing},
                                        .timeout = login->options.timeout,
                                        .retries = login->options.max_retries};
  return login->context->exchange(login->context->exchange_arg, &exchange, answer, err);
}

/* What ANSWER says into TOKEN. -1 with *err; *EXPIRED: the keys have run out. */
static int read_answer(const struct aws_answer *answer, struct ecr_authorization *token,
                       bool *expired, struct error **err) {
  if (answer->status != 200) {
    cleanup(ecr_error_clear) struct ecr_error said;
    ecr_error_parse(answer->body, answer->length, NULL, &said);
    *expired = ecr_error_is_expiry(said.code);
    return ecr_error_set(err, "GetAuthorizationToken", &said, answer->status);
  }
  cleanup(json_tree_wipe) struct json_tree reply = JSON_TREE;
  if (json_tree_parse(&reply, answer->body, answer->length, JSON_DEPTH, STATUS_SERVER_ERROR, err) ||
      ecr_reply_authorization(reply.nodes, token, err))
    return error_wrap(err, "GetAuthorizationToken");
  return 0;
}

static int ask_and_read(struct ecr_login *login, const struct registry *registry,
                        const struct aws_endpoint *endpoint, const struct aws_credentials *keys,
                        struct ecr_authorization *token, bool *expired, struct error **err) {
  cleanup(aws_answer_clear) struct aws_answer answer = AWS_ANSWER;
  *expired = false;
  if (ask(login, registry, endpoint, keys, &answer, err) < 0)
    return error_wrap(err, "GetAuthorizationToken");
  return read_answer(&answer, token, expired, err);
}

/* Gets a token from AWS. */
static int fetch(struct ecr_login *login, struct registry *registry, struct error **err) {
  cleanup(aws_endpoint_clear) struct aws_endpoint endpoint = {.url = NULL};
  open_aws(login, registry->region);
  if (tell(login->error, err) < 0 || tell(login->ca_error, err) < 0 ||
      find_endpoint(login, registry, &endpoint, err) < 0)
    return -1;
  const struct aws_credentials *keys = aws_source_get(login->source, err);
  if (!keys)
    return -1;
  struct ecr_authorization token = {.user = NULL};
  cleanup(cleanup_error) struct error *error = NULL;
  bool expired;
  int result = ask_and_read(login, registry, &endpoint, keys, &token, &expired, &error);
  if (result < 0 && expired) {
    cleanup(cleanup_free) char *old = xstrdup(keys->access_key_id);
    aws_source_expired(login->source, old);
    keys = aws_source_get(login->source, err);
    if (!keys)
      return -1;
    if (strcmp(keys->access_key_id, old) != 0) {
      error_free(error);
      error = NULL;
      result = ask_and_read(login, registry, &endpoint, keys, &token, &expired, &error);
    }
  }
  if (result < 0)
    return tell(error, err);
  registry->token = token;
  registry->source = xasprintf("GetAuthorizationToken with keys from %s", keys->provider);
  aws_context_note(login->context, "%s/%s: logged in by GetAuthorizationToken at %s (%s)",
                   registry->account, registry->region, endpoint.url, endpoint.why);
  return 0;
}

/* ---- tokens ---- */

/* The registry at HOST; NULL: it is none of private ECR. */
static struct registry *find(struct ecr_login *login, const char *host) {
  cleanup(cleanup_free) char *name = xstrdup(host);
  /* The port is a part of who is trusted; this is the one that has no need to be said. */
  char *port = strchr(name, ':');
  if (port && strcmp(port, ":443") == 0)
    *port = '\0';
  cleanup(cleanup_free) char *account = NULL;
  cleanup(cleanup_free) char *region = NULL;
  bool fips;
  if (!aws_ecr_registry_parse(name, &account, &region, &fips))
    return NULL;
  for (struct registry *registry = login->registries; registry; registry = registry->next)
    if (strcmp(registry->account, account) == 0 && strcmp(registry->region, region) == 0 &&
        registry->fips == fips)
      return registry;
  struct registry *registry = xcalloc(1, sizeof *registry);
  *registry = (struct registry){
      .next = login->registries, .account = account, .region = region, .fips = fips};
  account = region = NULL;
  login->registries = registry;
  return registry;
}

static void forget(struct registry *registry) {
  ecr_authorization_clear(&registry->token);
  free(registry->source);
  registry->source = NULL;
}

/* How many seconds before its end REGISTRY's token is not given out any more: short-lived ones are
   not replaced all the time. */
static int64_t margin(const struct registry *registry) {
  int64_t tenth = (registry->token.expiry - registry->issued) / 10;
  return tenth < SOON ? tenth : SOON;
}

/* Makes the registry's token one to be shown now. */
static int renew(struct ecr_login *login, struct registry *registry, bool refused,
                 struct error **err) {
  int64_t now = aws_context_now(login->context);
  bool over = registry->token.expiry > 0 && now >= registry->token.expiry - margin(registry);
  if (registry->token.user && !over && !refused)
    return 0;
  if (registry->token.user && refused && !over) {
    /* Once that may be a token that was taken back; but who refuses what it just gave refuses. */
    if (registry->renewed > 0 && now - registry->renewed < PATIENCE)
      return error_set(err, STATUS_UNAUTHORIZED,
                       "%s/%s refuses the token that GetAuthorizationToken gave for it",
                       registry->account, registry->region);
    registry->renewed = now;
  }
  if (registry->error && now - registry->failed < PATIENCE)
    return tell(registry->error, err);
  error_free(registry->error);
  registry->error = NULL;
  forget(registry);
  registry->issued = now;
  if (fetch(login, registry, &registry->error) == 0)
    return 0;
  error_wrap(&registry->error, "no token to read %s/%s with", registry->account, registry->region);
  if (registry->error->status == STATUS_LOCAL)
    registry->error->status = STATUS_UNAUTHORIZED;
  registry->failed = aws_context_now(login->context);
  return tell(registry->error, err);
}

static bool is_shown(const struct registry *registry, const struct credential *shown) {
  return registry->token.user && shown->user && shown->secret &&
         strcmp(shown->user, registry->token.user) == 0 &&
         strcmp(shown->secret, registry->token.password) == 0;
}

int ecr_login_credential(void *arg, const struct credential_question *question,
                         struct credential *credential, struct error **err) {
  struct ecr_login *login = arg;
  if (strncmp(question->origin, "https://", 8) != 0)
    return 0;
  struct registry *registry = find(login, question->host);
  if (!registry)
    return 0;
  bool refused = question->refused && is_shown(registry, question->refused);
  if (renew(login, registry, refused, err) < 0)
    return -1;
  *credential = (struct credential){.kind = CREDENTIAL_PASSWORD,
                                    .user = xstrdup(registry->token.user),
                                    .secret = xstrdup(registry->token.password),
                                    .source = xstrdup(registry->source)};
  return 0;
}

int ecr_login_ca(void *arg, const char *host, const struct ca **ca, struct error **err) {
  struct ecr_login *login = arg;
  const struct registry *registry = find(login, host);
  *ca = NULL;
  if (!registry)
    return 0;
  open_aws(login, registry->region);
  if (tell(login->ca_error, err) < 0)
    return -1;
  *ca = &login->ca;
  return 0;
}
