#include <config.h>

#include "net/ca.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

/* libcurl would say of each request that the file is no good. One certificate shows what the file
   is: to read all of a system's takes longer than a whole run may. */
static int check_file(const char *where, const char *path, struct error **err) {
  cleanup(cleanup_file) FILE *file = fopen(path, "re");
  if (!file)
    return error_set(err, STATUS_LOCAL, "%s: %s: %s", where, path, strerror(errno));
  X509 *first = PEM_read_X509_AUX(file, NULL, NULL, NULL);
  X509_free(first);
  if (!first)
    return error_set(err, STATUS_LOCAL, "%s: %s: holds no certificate in PEM form", where, path);
  return 0;
}

static bool is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Some of the FOLDERS must be there: OpenSSL itself says nothing of those that are not. */
static int check_folders(const char *where, const char *folders, struct error **err) {
  cleanup(cleanup_free) char *copy = xstrdup(folders);
  char *rest;
  for (char *path = strtok_r(copy, ":", &rest); path; path = strtok_r(NULL, ":", &rest))
    if (is_folder(path))
      return 0;
  return error_set(err, STATUS_LOCAL, "%s: %s: no such folder", where, folders);
}

/* Nothing but what is at PATH. */
static int only(const char *where, const char *path, bool may_be_folder, struct ca *ca,
                struct error **err) {
  bool folder = may_be_folder && is_folder(path);
  if (!folder && check_file(where, path, err) < 0)
    return -1;
  *ca = (struct ca){.alone = true, .where = xstrdup(where)};
  *(folder ? &ca->folder : &ca->file) = xstrdup(path);
  return 0;
}

static const char *variable(ca_env_fn *env, void *arg, const char *name) {
  const char *value = env(arg, name);
  return value && *value ? value : NULL;
}

int ca_find(const char *option, ca_env_fn *env, void *arg, struct ca *ca, struct error **err) {
  *ca = (struct ca)CA;
  if (option)
    return only("--cacert", option, false, ca, err);
  const char *file = variable(env, arg, "SSL_CERT_FILE");
  const char *folder = variable(env, arg, "SSL_CERT_DIR");
  if ((file && check_file("SSL_CERT_FILE", file, err) < 0) ||
      (folder && check_folders("SSL_CERT_DIR", folder, err) < 0))
    return -1;
  if (file || folder)
    *ca = (struct ca){.file = file ? xstrdup(file) : NULL,
                      .folder = folder ? xstrdup(folder) : NULL,
                      .where = xstrdup(file && folder ? "SSL_CERT_FILE and SSL_CERT_DIR"
                                       : file         ? "SSL_CERT_FILE"
                                                      : "SSL_CERT_DIR")};
  return 0;
}

int ca_find_aws(const char *option, ca_env_fn *env, void *arg, const char *bundle,
                const char *profile, struct ca *ca, struct error **err) {
  *ca = (struct ca)CA;
  const char *named = variable(env, arg, "AWS_CA_BUNDLE");
  if (!option && named)
    return only("AWS_CA_BUNDLE", named, true, ca, err);
  if (!option && bundle) {
    cleanup(cleanup_free) char *where = xasprintf("ca_bundle of profile %s", profile);
    return only(where, bundle, true, ca, err);
  }
  return ca_find(option, env, arg, ca, err);
}

static char *copy(const char *text) {
  return text ? xstrdup(text) : NULL;
}

void ca_copy(struct ca *to, const struct ca *from) {
  *to = (struct ca){.file = copy(from->file),
                    .folder = copy(from->folder),
                    .alone = from->alone,
                    .where = copy(from->where)};
}

void ca_clear(struct ca *ca) {
  free(ca->file);
  free(ca->folder);
  free(ca->where);
  *ca = (struct ca)CA;
}
