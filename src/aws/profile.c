#include <config.h>

#include "aws/profile.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ini.h"
#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/process.h"
#include "base/text.h"
#include "base/xalloc.h"

enum kind { PROFILE, SSO_SESSION, SERVICES };

/* A section of the config file whose name has two words, or [default]. */
struct named {
  enum kind kind;
  char *name;
  const char *section; /* of the ini */
};

struct aws_profiles {
  char *config_path, *credentials_path;
  struct ini *config, *credentials; /* NULL: empty */
  struct named *named;              /* of config */
  size_t named_count, named_capacity;
  const char **names; /* of profiles, borrowed from the above */
  size_t name_count, name_capacity;
};

/* Python's configparser, so the AWS CLI too, takes its keys into every section. */
static const char common_section[] = "DEFAULT";

/* ---- reading ---- */

static void name_section(struct aws_profiles *profiles, const char *section) {
  static const char *const first[] = {
      [PROFILE] = "profile", [SSO_SESSION] = "sso-session", [SERVICES] = "services"};
  enum kind kind = PROFILE;
  char *name = NULL;
  char **words = NULL;
  if (strcmp(section, "default") == 0) {
    name = xstrdup(section);
  } else if ((words = process_words(section, NULL)) && words[1] && !words[2]) {
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
      if (strcmp(words[0], first[i]) == 0) {
        kind = (enum kind)i;
        name = xstrdup(words[1]);
      }
  }
  process_words_free(words);
  if (!name)
    return;
  profiles->named = xgrow(profiles->named, profiles->named_count, &profiles->named_capacity,
                          sizeof *profiles->named);
  profiles->named[profiles->named_count++] =
      (struct named){.kind = kind, .name = name, .section = section};
}

static void add_name(struct aws_profiles *profiles, struct hashmap *seen, const char *name) {
  if (hashmap_put(seen, name, profiles))
    return;
  profiles->names = xgrow(profiles->names, profiles->name_count, &profiles->name_capacity,
                          sizeof *profiles->names);
  profiles->names[profiles->name_count++] = name;
}

static void collect_names(struct aws_profiles *profiles) {
  const char *section;
  for (size_t i = 0; profiles->config && (section = ini_section(profiles->config, i)); i++)
    name_section(profiles, section);
  struct hashmap *seen = hashmap_new();
  for (size_t i = 0; i < profiles->named_count; i++)
    if (profiles->named[i].kind == PROFILE)
      add_name(profiles, seen, profiles->named[i].name);
  for (size_t i = 0; profiles->credentials && (section = ini_section(profiles->credentials, i));
       i++)
    if (strcmp(section, common_section) != 0)
      add_name(profiles, seen, section);
  hashmap_free(seen);
}

/* The file that VARIABLE names, else the one at USUAL. */
static int read_file(const struct aws_context *context, const char *variable, const char *usual,
                     char **path, struct ini **ini, struct error **err) {
  const char *given = aws_context_env(context, variable);
  *path = aws_context_path(context, given ? given : usual);
  if (!*path)
    return 0;
  struct error *trouble = NULL;
  bool denied = false;
  *ini = ini_read(*path, given ? NULL : &denied, &trouble);
  if (denied)
    aws_context_note(context, "%s may not be read, so it counts as empty", *path);
  if (!trouble)
    return 0;
  error_set(err, trouble->status, "%s%s%s", given ? variable : "", given ? ": " : "",
            trouble->message);
  error_free(trouble);
  return -1;
}

struct aws_profiles *aws_profiles_read(const struct aws_context *context, struct error **err) {
  struct aws_profiles *profiles = xcalloc(1, sizeof *profiles);
  if (read_file(context, "AWS_CONFIG_FILE", "~/.aws/config", &profiles->config_path,
                &profiles->config, err) < 0 ||
      read_file(context, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
                &profiles->credentials_path, &profiles->credentials, err) < 0) {
    aws_profiles_free(profiles);
    return NULL;
  }
  collect_names(profiles);
  return profiles;
}

void aws_profiles_free(struct aws_profiles *profiles) {
  if (!profiles)
    return;
  for (size_t i = 0; i < profiles->named_count; i++)
    free(profiles->named[i].name);
  free(profiles->named);
  free(profiles->names);
  ini_free(profiles->config);
  ini_free(profiles->credentials);
  free(profiles->config_path);
  free(profiles->credentials_path);
  free(profiles);
}

/* ---- asking ---- */

const char *aws_profiles_config_path(const struct aws_profiles *profiles) {
  return profiles->config_path;
}

const char *aws_profiles_credentials_path(const struct aws_profiles *profiles) {
  return profiles->credentials_path;
}

const char *aws_profiles_config_name(const struct aws_profiles *profiles) {
  return profiles->config_path ? profiles->config_path : "~/.aws/config (there is no home folder)";
}

const char *aws_profiles_credentials_name(const struct aws_profiles *profiles) {
  return profiles->credentials_path ? profiles->credentials_path
                                    : "~/.aws/credentials (there is no home folder)";
}

bool aws_profiles_lacks_prefix(const struct aws_profiles *profiles, const char *name) {
  return profiles->config && ini_has(profiles->config, name) && !aws_profiles_has(profiles, name);
}

const char *aws_profiles_default(const struct aws_context *context) {
  const char *profile = aws_context_env(context, "AWS_DEFAULT_PROFILE");
  if (!profile)
    profile = aws_context_env(context, "AWS_PROFILE");
  return profile ? profile : "default";
}

const char *aws_profiles_name(const struct aws_profiles *profiles, size_t i) {
  return i < profiles->name_count ? profiles->names[i] : NULL;
}

bool aws_profiles_has(const struct aws_profiles *profiles, const char *profile) {
  for (size_t i = 0; i < profiles->name_count; i++)
    if (strcmp(profiles->names[i], profile) == 0)
      return true;
  return false;
}

/* The section of the config file with NAME; NULL: none. */
static const char *find_section(const struct aws_profiles *profiles, enum kind kind,
                                const char *name) {
  for (size_t i = profiles->named_count; i-- > 0;)
    if (profiles->named[i].kind == kind && strcmp(profiles->named[i].name, name) == 0)
      return profiles->named[i].section;
  return NULL;
}

static const char *not_empty(const char *value) {
  return value && *value ? value : NULL;
}

static const char *get(const struct ini *ini, const char *section, const char *key) {
  const char *value = ini_get(ini, section, key);
  return not_empty(value ? value : ini_get(ini, common_section, key));
}

const char *aws_profiles_get_config(const struct aws_profiles *profiles, const char *profile,
                                    const char *key) {
  const char *section = find_section(profiles, PROFILE, profile);
  return section ? get(profiles->config, section, key) : NULL;
}

const char *aws_profiles_get_credentials(const struct aws_profiles *profiles, const char *profile,
                                         const char *key) {
  if (!profiles->credentials || strcmp(profile, common_section) == 0 ||
      !ini_has(profiles->credentials, profile))
    return NULL;
  return get(profiles->credentials, profile, key);
}

const char *aws_profiles_get(const struct aws_profiles *profiles, const char *profile,
                             const char *key) {
  const char *value = aws_profiles_get_credentials(profiles, profile, key);
  return value ? value : aws_profiles_get_config(profiles, profile, key);
}

const char *aws_profiles_sso_session(const struct aws_profiles *profiles, const char *name,
                                     const char *key) {
  const char *section = find_section(profiles, SSO_SESSION, name);
  return section ? get(profiles->config, section, key) : NULL;
}

const char *aws_profiles_service_endpoint(const struct aws_profiles *profiles, const char *profile,
                                          const char *service, struct error **err) {
  const char *services = aws_profiles_get(profiles, profile, "services");
  if (!services)
    return NULL;
  const char *section = find_section(profiles, SERVICES, services);
  if (section)
    return not_empty(ini_get_nested(profiles->config, section, service, "endpoint_url"));
  cleanup(cleanup_free) char *shown = text_sanitized(profile);
  error_set(err, STATUS_LOCAL, "services of profile %s names no section [services ...] of %s",
            shown, profiles->config_path ? profiles->config_path : "the config file");
  return NULL;
}
