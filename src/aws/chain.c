#include <config.h>

#include "aws/chain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/credentials-container.h"
#include "aws/credentials-environment.h"
#include "aws/credentials-imds.h"
#include "aws/credentials-process.h"
#include "aws/credentials-role.h"
#include "aws/credentials-sso.h"
#include "aws/credentials-static.h"
#include "aws/credentials-web-identity.h"
#include "aws/profile-near.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum { LOOKED_MAX = 16 * 1024 };

/* When a provider is asked, beside when the keys of the one that is meant are looked for. */
enum {
  VARIABLES = 1, /* it reads variables only: not when a profile was named on the command line */
  PROFILE = 2    /* it reads the profile: also for a profile that is the source of a role */
};

/* PROFILE is the one that is meant, or the source of its role. ALONE: variables do not count. */
typedef struct aws_credentials *keys_fn(const struct aws_chain *chain, const char *profile,
                                        bool alone, struct error **err);

struct provider {
  int when;
  const char *source; /* its name as a credential_source; NULL: it is none */
  keys_fn *keys;
  /* Appends what was looked for, and where. */
  void (*looked)(const struct aws_chain *chain, struct strbuf *text);
};

static keys_fn environment, role, web_identity, sso, credentials_file, login, process, config_file,
    container, imds;
static void looked_environment(const struct aws_chain *chain, struct strbuf *text);
static void looked_role(const struct aws_chain *chain, struct strbuf *text);
static void looked_web_identity(const struct aws_chain *chain, struct strbuf *text);
static void looked_sso(const struct aws_chain *chain, struct strbuf *text);
static void looked_credentials_file(const struct aws_chain *chain, struct strbuf *text);
static void looked_process(const struct aws_chain *chain, struct strbuf *text);
static void looked_config_file(const struct aws_chain *chain, struct strbuf *text);
static void looked_container(const struct aws_chain *chain, struct strbuf *text);
static void looked_imds(const struct aws_chain *chain, struct strbuf *text);

/* THE ORDER (AWS SDKs and Tools Reference Guide, "Credential provider chain", as the AWS CLI has
   it). */
static const struct provider providers[] = {
    {VARIABLES, "Environment", environment, looked_environment},
    {0, NULL, role, looked_role},
    {PROFILE, NULL, web_identity, looked_web_identity},
    {PROFILE, NULL, sso, looked_sso},
    {PROFILE, NULL, credentials_file, looked_credentials_file},
    {PROFILE, NULL, login, NULL},
    {PROFILE, NULL, process, looked_process},
    {PROFILE, NULL, config_file, looked_config_file},
    {0, "EcsContainer", container, looked_container},
    {0, "Ec2InstanceMetadata", imds, looked_imds},
};
enum { PROVIDERS = sizeof providers / sizeof *providers };

/* ---- asking ---- */

static struct aws_credentials *environment(const struct aws_chain *chain, const char *profile,
                                           bool alone, struct error **err) {
  (void)profile, (void)alone;
  return aws_credentials_environment(chain->sts.context, err);
}

static struct aws_credentials *source_of_profile(void *arg, const char *profile,
                                                 struct error **err) {
  const struct aws_chain *chain = arg;
  struct error *trouble = NULL;
  struct aws_credentials *keys = NULL;
  for (size_t i = 0; i < PROVIDERS && !keys && !trouble; i++)
    if (providers[i].when & PROFILE)
      keys = providers[i].keys(chain, profile, true, &trouble);
  if (trouble)
    error_set(err, trouble->status, "%s", trouble->message);
  error_free(trouble);
  return keys;
}

static struct aws_credentials *source_by_name(void *arg, const char *name, struct error **err) {
  const struct aws_chain *chain = arg;
  for (size_t i = 0; i < PROVIDERS; i++)
    if (providers[i].source && strcmp(providers[i].source, name) == 0)
      return providers[i].keys(chain, chain->sts.profile, false, err);
  error_set(err, STATUS_UNAUTHORIZED,
            "its credential_source %s is none of Environment, EcsContainer, Ec2InstanceMetadata",
            name);
  return NULL;
}

static struct aws_credentials *role(const struct aws_chain *chain, const char *profile, bool alone,
                                    struct error **err) {
  (void)alone;
  struct aws_chain asked = *chain;
  const struct aws_role_keys from = {
      .of_profile = source_of_profile, .of_source = source_by_name, .arg = &asked};
  return aws_credentials_role(&chain->sts, profile, &from, err);
}

static struct aws_credentials *web_identity(const struct aws_chain *chain, const char *profile,
                                            bool alone, struct error **err) {
  return aws_credentials_web_identity(&chain->sts, profile, alone, err);
}

static struct aws_credentials *sso(const struct aws_chain *chain, const char *profile, bool alone,
                                   struct error **err) {
  (void)alone;
  return aws_credentials_sso(chain->sts.context, chain->sts.profiles, profile, err);
}

static struct aws_credentials *credentials_file(const struct aws_chain *chain, const char *profile,
                                                bool alone, struct error **err) {
  (void)alone;
  return aws_credentials_static(chain->sts.profiles, profile, false, err);
}

/* `aws login` binds its keys to a private key of its own: only the AWS CLI can renew them. */
static struct aws_credentials *login(const struct aws_chain *chain, const char *profile, bool alone,
                                     struct error **err) {
  (void)alone;
  if (aws_profiles_get(chain->sts.profiles, profile, "login_session"))
    error_set(
        err, STATUS_UNAUTHORIZED,
        "profile %s: it is one of 'aws login' (login_session), which only the AWS CLI can use; "
        "run: eval \"$(aws configure export-credentials --profile %s --format env)\"",
        profile, profile);
  return NULL;
}

static struct aws_credentials *process(const struct aws_chain *chain, const char *profile,
                                       bool alone, struct error **err) {
  (void)alone;
  return aws_credentials_process(chain->sts.context, chain->sts.profiles, profile, err);
}

static struct aws_credentials *config_file(const struct aws_chain *chain, const char *profile,
                                           bool alone, struct error **err) {
  (void)alone;
  return aws_credentials_static(chain->sts.profiles, profile, true, err);
}

static struct aws_credentials *container(const struct aws_chain *chain, const char *profile,
                                         bool alone, struct error **err) {
  (void)profile, (void)alone;
  return aws_credentials_container(chain->sts.context, err);
}

static struct aws_credentials *imds(const struct aws_chain *chain, const char *profile, bool alone,
                                    struct error **err) {
  (void)alone;
  return aws_credentials_imds(chain->sts.context, chain->sts.profiles, profile, err);
}

/* ---- saying what was looked for ---- */

/* The variable that names the profile; NULL: none does. */
static const char *profile_variable(const struct aws_context *context) {
  static const char *const names[] = {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (aws_context_env(context, names[i]))
      return names[i];
  return NULL;
}

static void looked_environment(const struct aws_chain *chain, struct strbuf *text) {
  if (aws_context_env(chain->sts.context, "AWS_SECRET_ACCESS_KEY"))
    strbuf_puts(text, "AWS_ACCESS_KEY_ID (not set, though AWS_SECRET_ACCESS_KEY is)");
  else
    strbuf_puts(text, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set)");
}

static void looked_role(const struct aws_chain *chain, struct strbuf *text) {
  strbuf_printf(text, "role_arn of profile %s", chain->sts.profile);
}

static void looked_web_identity(const struct aws_chain *chain, struct strbuf *text) {
  if (!chain->named)
    strbuf_puts(text, "AWS_WEB_IDENTITY_TOKEN_FILE (not set), ");
  strbuf_puts(text, "its web_identity_token_file");
}

static void looked_sso(const struct aws_chain *chain, struct strbuf *text) {
  (void)chain;
  strbuf_puts(text, "its sso_account_id");
}

static void looked_file(const struct aws_chain *chain, const char *path, struct strbuf *text) {
  if (!path) {
    strbuf_puts(text, "its keys in a home folder (there is none)");
    return;
  }
  const char *why = "";
  if (access(path, F_OK) < 0)
    why = " (no such file)";
  else if (!aws_profiles_has(chain->sts.profiles, chain->sts.profile))
    why = " (no such profile)";
  strbuf_printf(text, "its aws_access_key_id in %s%s", path, why);
}

static void looked_credentials_file(const struct aws_chain *chain, struct strbuf *text) {
  looked_file(chain, aws_profiles_credentials_path(chain->sts.profiles), text);
}

static void looked_process(const struct aws_chain *chain, struct strbuf *text) {
  (void)chain;
  strbuf_puts(text, "its credential_process");
}

static void looked_config_file(const struct aws_chain *chain, struct strbuf *text) {
  looked_file(chain, aws_profiles_config_path(chain->sts.profiles), text);
}

static void looked_container(const struct aws_chain *chain, struct strbuf *text) {
  (void)chain;
  strbuf_puts(text, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI (not set)");
}

static void looked_imds(const struct aws_chain *chain, struct strbuf *text) {
  strbuf_puts(text, "instance metadata");
  if (aws_context_flag(chain->sts.context, "AWS_EC2_METADATA_DISABLED"))
    strbuf_puts(text, " (AWS_EC2_METADATA_DISABLED is set)");
}

static bool counts(const struct aws_chain *chain, const struct provider *provider) {
  return !(chain->named && provider->when & VARIABLES);
}

/* NOTED: what each provider had to say, owned; NULL: nothing. */
static void say_none(const struct aws_chain *chain, char *const noted[PROVIDERS],
                     struct error **err) {
  struct strbuf looked = STRBUF(LOOKED_MAX);
  for (size_t i = 0; i < PROVIDERS; i++) {
    if (!counts(chain, &providers[i]) || !providers[i].looked)
      continue;
    if (looked.length > 0)
      strbuf_puts(&looked, ", ");
    providers[i].looked(chain, &looked);
    if (noted[i])
      strbuf_printf(&looked, " (%s)", noted[i]);
  }
  error_set(err, STATUS_UNAUTHORIZED,
            "none found; looked for %s; run 'aws configure' or 'aws sso login', or name a profile "
            "that has some (AWS_PROFILE)",
            strbuf_str(&looked));
  strbuf_free(&looked);
}

/* ---- the whole ---- */

static int check_profile(const struct aws_chain *chain, struct error **err) {
  const char *who = chain->named ? "--profile" : profile_variable(chain->sts.context);
  if (!who || aws_profiles_has(chain->sts.profiles, chain->sts.profile))
    return 0;
  cleanup(cleanup_free) char *near = aws_profile_near(chain->sts.profiles, chain->sts.profile);
  return error_set(err, STATUS_UNAUTHORIZED, "%s: there is no profile %s in %s or %s%s", who,
                   chain->sts.profile, aws_profiles_config_name(chain->sts.profiles),
                   aws_profiles_credentials_name(chain->sts.profiles), near);
}

/* Hands notes on, and keeps the last one. */
struct listener {
  const struct aws_context *context;
  char *last; /* owned; NULL: none */
};

static void hear(void *arg, const char *text) {
  struct listener *listener = arg;
  free(listener->last);
  listener->last = xstrdup(text);
  aws_context_note(listener->context, "%s", text);
}

/* Asks PROVIDER. *NOTED is the last it had to say. */
static struct aws_credentials *ask(const struct aws_chain *chain, size_t provider, char **noted,
                                   struct error **err) {
  struct listener listener = {.context = chain->sts.context};
  struct aws_context context = *chain->sts.context;
  context.note = hear;
  context.note_arg = &listener;
  struct aws_chain heard = *chain;
  heard.sts.context = &context;
  struct aws_credentials *keys =
      providers[provider].keys(&heard, chain->sts.profile, chain->named, err);
  *noted = listener.last;
  return keys;
}

struct aws_credentials *aws_chain_find(const struct aws_chain *chain, size_t *provider,
                                       struct error **err) {
  if (check_profile(chain, err) < 0)
    return NULL;
  char *noted[PROVIDERS] = {NULL};
  struct aws_credentials *keys = NULL;
  struct error *trouble = NULL;
  for (size_t i = 0; i < PROVIDERS && !keys && !trouble; i++)
    if (counts(chain, &providers[i])) {
      keys = ask(chain, i, &noted[i], &trouble);
      *provider = i;
    }
  if (trouble)
    error_set(err, trouble->status, "%s", trouble->message);
  else if (!keys)
    say_none(chain, noted, err);
  error_free(trouble);
  for (size_t i = 0; i < PROVIDERS; i++)
    free(noted[i]);
  return keys;
}

struct aws_credentials *aws_chain_ask(const struct aws_chain *chain, size_t provider,
                                      struct error **err) {
  cleanup(cleanup_error) struct error *trouble = NULL;
  struct aws_credentials *keys =
      providers[provider].keys(chain, chain->sts.profile, chain->named, &trouble);
  if (!keys && !trouble)
    error_set(&trouble, STATUS_UNAUTHORIZED, "the keys are not there any more");
  if (!keys)
    error_set(err, trouble->status, "%s", trouble->message);
  return keys;
}
