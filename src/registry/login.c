#include <config.h>

#include "registry/login.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "registry/credential-helper.h"
#include "registry/docker-config.h"

#define FILES_MAX 3

/* What a helper said of a server. */
struct answer {
  struct answer *next;
  char *key;
  struct credential credential;
  struct error *error;
  int64_t time;
};

struct login {
  struct login_options options;
  struct docker_config *files[FILES_MAX];
  size_t count;
  struct answer *answers;
  struct hashmap *by_key;
  struct hashmap *noted; /* text -> itself */
};

/* ---- files ---- */

static const char *variable(const struct login *login, const char *name) {
  const char *value =
      login->options.env ? login->options.env(login->options.env_arg, name) : getenv(name);
  return value && *value ? value : NULL;
}

/* $NAME/REST, or DEFAULT in the home folder; caller frees. NULL: there is none. */
static char *path_below(const struct login *login, const char *name, const char *rest,
                        const char *in_home) {
  const char *folder = variable(login, name);
  if (folder)
    return xasprintf("%s/%s", folder, rest);
  const char *home = variable(login, "HOME");
  if (!home) {
    const struct passwd *user = getpwuid(getuid());
    home = user ? user->pw_dir : NULL;
  }
  return home ? xasprintf("%s/%s", home, in_home) : NULL;
}

/* Says TEXT (taken over), once. */
static void note_once(struct login *login, char *text) {
  if (!login->options.note || hashmap_get(login->noted, text)) {
    free(text);
    return;
  }
  hashmap_put(login->noted, text, text);
  cleanup(cleanup_free) char *clean = text_sanitized(text);
  login->options.note(login->options.note_arg, clean);
}

/* NAMED: by a variable, so that it is meant. */
static int read_file(struct login *login, const char *path, bool named, struct error **err) {
  struct error *error = NULL;
  bool forbidden = false;
  struct docker_config *config = path ? docker_config_read(path, &forbidden, &error) : NULL;
  if (error && forbidden && !named) {
    note_once(login, xasprintf("registry credentials: %s: passed over", error->message));
    error_free(error);
    return 0;
  }
  if (error) {
    error_wrap(&error, "registry credentials");
    if (err)
      *err = error;
    else
      error_free(error);
    return -1;
  }
  if (config)
    login->files[login->count++] = config;
  return 0;
}

static int read_files(struct login *login, struct error **err) {
  const char *named = variable(login, "REGISTRY_AUTH_FILE");
  const char *runtime = variable(login, "XDG_RUNTIME_DIR");
  cleanup(cleanup_free) char *first =
      named     ? xstrdup(named)
      : runtime ? xasprintf("%s/containers/auth.json", runtime)
                : xasprintf("/run/containers/%lu/auth.json", (unsigned long)getuid());
  if (read_file(login, first, named != NULL, err) < 0)
    return -1;
  if (named && login->count == 0)
    return error_set(err, STATUS_LOCAL,
                     "registry credentials: %s: no such file, and REGISTRY_AUTH_FILE names it",
                     named);
  cleanup(cleanup_free) char *second =
      path_below(login, "XDG_CONFIG_HOME", "containers/auth.json", ".config/containers/auth.json");
  cleanup(cleanup_free) char *third =
      path_below(login, "DOCKER_CONFIG", "config.json", ".docker/config.json");
  bool third_named = variable(login, "DOCKER_CONFIG") != NULL;
  return read_file(login, second, false, err) < 0 || read_file(login, third, third_named, err) < 0
             ? -1
             : 0;
}

struct login *login_new(const struct login_options *options, struct error **err) {
  struct login *login = xcalloc(1, sizeof *login);
  login->options = *options;
  login->by_key = hashmap_new();
  login->noted = hashmap_new();
  if (read_files(login, err) == 0)
    return login;
  login_free(login);
  return NULL;
}

static void free_text(void *arg, const char *key, void *value) {
  (void)arg;
  (void)key;
  free(value);
}

void login_free(struct login *login) {
  if (!login)
    return;
  for (size_t i = 0; i < login->count; i++)
    docker_config_free(login->files[i]);
  while (login->answers) {
    struct answer *answer = login->answers;
    login->answers = answer->next;
    credential_clear(&answer->credential);
    error_free(answer->error);
    free(answer->key);
    free(answer);
  }
  hashmap_free(login->by_key);
  hashmap_each(login->noted, free_text, NULL);
  hashmap_free(login->noted);
  free(login);
}

/* ---- helpers ---- */

static int64_t now(const struct login *login) {
  if (login->options.now)
    return login->options.now(login->options.now_arg);
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

static void ask(struct login *login, struct answer *answer, const char *helper,
                const char *server) {
  credential_clear(&answer->credential);
  error_free(answer->error);
  answer->error = NULL;
  answer->time = now(login);
  credential_helper_get(helper, server, login->options.stop_fd, &answer->credential,
                        &answer->error);
}

/* What HELPER says of SERVER, now or before. */
static struct answer *ask_once(struct login *login, const char *helper, const char *server) {
  cleanup(cleanup_free) char *key = xasprintf("%s %s", helper, server);
  struct answer *answer = hashmap_get(login->by_key, key);
  if (answer)
    return answer;
  answer = xcalloc(1, sizeof *answer);
  answer->key = xstrdup(key);
  answer->next = login->answers;
  login->answers = answer;
  hashmap_put(login->by_key, answer->key, answer);
  ask(login, answer, helper, server);
  return answer;
}

/* ---- questions ---- */

/* What FILE, or a helper that it names, has for QUESTION, whatever was refused. 0 or -1; *KNOWN is
   NULL when there is nothing. */
static int look(struct login *login, const struct docker_config *file,
                const struct credential_question *question, const struct credential **known,
                struct error **err) {
  struct docker_login found;
  docker_config_find(file, question->origin, question->host, question->repository, &found);
  *known = found.credential;
  if (!found.helper)
    return 0;
  struct answer *answer = ask_once(login, found.helper, found.server);
  if (!answer->error && answer->credential.kind != CREDENTIAL_NONE && question->refused &&
      credential_is_same(&answer->credential, question->refused) &&
      now(login) - answer->time >= LOGIN_RENEW_AFTER)
    ask(login, answer, found.helper, found.server);
  if (answer->error)
    note_once(login, xstrdup(answer->error->message));
  if (answer->error)
    return error_set(err, answer->error->status, "%s", answer->error->message);
  if (answer->credential.kind != CREDENTIAL_NONE)
    *known = &answer->credential;
  return 0;
}

static int find(void *arg, const struct credential_question *question,
                struct credential *credential, struct error **err) {
  struct login *login = arg;
  for (size_t i = 0; i < login->count; i++) {
    const struct credential *known;
    if (look(login, login->files[i], question, &known, err) < 0)
      return -1;
    if (!known)
      continue;
    /* The others are for when there is none here: no password is tried after another. */
    if (question->refused && credential_is_same(known, question->refused))
      return 0;
    credential_copy(credential, known);
    note_once(login, xasprintf("credentials for %s: %s", question->host, known->source));
    return 0;
  }
  note_once(login,
            xasprintf("credentials for %s: none in docker's or podman's files", question->host));
  return 0;
}

struct registry_auth login_auth(struct login *login) {
  return (struct registry_auth){.credential = find, .arg = login};
}
