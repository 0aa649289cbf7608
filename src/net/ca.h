/* Which certificates are trusted: those that the command line names, or the variables that other
   programs on the machine go by, or the system's. Finds and checks the files; what is done with
   them is transfer's business. */
#ifndef OCIDUP_NET_CA_H
#define OCIDUP_NET_CA_H

#include <stdbool.h>

#include "base/error.h"

struct ca {
  char *file;   /* PEM; NULL: none is named */
  char *folder; /* certificates by their hash; several parted by ':'; NULL: none is named */
  bool alone;   /* nothing else is trusted; else what is not named is the system's */
  char *where;  /* who said so, for messages: "SSL_CERT_FILE"; NULL: nobody */
};

/* For `cleanup(ca_clear) struct ca c = CA;`, which is the system's certificates. */
#define CA                                                                                         \
  { .file = NULL }

/* How a variable is looked up. NULL: not set. */
typedef const char *ca_env_fn(void *arg, const char *name);

/* What is trusted in general: FILE of --cacert (NULL: not given) and nothing else; or SSL_CERT_FILE
   in place of the system's file and SSL_CERT_DIR in place of its folder, as OpenSSL and Go have it;
   or the system's. 0 with *CA (ca_clear it); or -1 with *err (STATUS_LOCAL) naming the option or
   the variable whose file cannot be used. */
int ca_find(const char *file, ca_env_fn *env, void *arg, struct ca *ca, struct error **err);

/* The same for AWS: --cacert, AWS_CA_BUNDLE, BUNDLE (`ca_bundle` of PROFILE; NULL: none), each of
   which may be a folder too and stands alone; or as ca_find. */
int ca_find_aws(const char *file, ca_env_fn *env, void *arg, const char *bundle,
                const char *profile, struct ca *ca, struct error **err);

/* TO, which holds nothing, becomes a copy of FROM. */
void ca_copy(struct ca *to, const struct ca *from);

void ca_clear(struct ca *ca);

#endif
