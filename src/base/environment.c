#include <config.h>

#include "base/environment.h"

#include <stdbool.h>
#include <string.h>

#include "base/xalloc.h"

/* Read by docker-credential-ecr-login, -gcloud, -gcr, -acr-env, -pass and -secretservice, by the
   AWS CLI, aws-vault, gcloud and az, and by what these are made of: glib and D-Bus, GnuPG, pass,
   Go, Python, Node, OpenSSL and the loader. */
static const char usual[] =
    "HOME PATH USER LOGNAME SHELL TERM TZ TZDIR TMPDIR LANG LANGUAGE LC_* LD_LIBRARY_PATH LOCPATH "
    "XDG_* DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY XAUTHORITY BROWSER "
    "GNUPGHOME GPG_TTY GPG_AGENT_INFO PASSWORD_STORE_* SSH_AUTH_SOCK "
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy "
    "SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS "
    "PYTHONHOME PYTHONPATH PYTHONUTF8 VIRTUAL_ENV "
    "DOCKER_CONFIG REGISTRY_AUTH_FILE AWS_* AZURE_* IDENTITY_ENDPOINT IDENTITY_HEADER MSI_ENDPOINT "
    "MSI_SECRET GOOGLE_* CLOUDSDK_* GCLOUD_* GCE_METADATA_* " ENVIRONMENT_MORE;

#define BETWEEN " ,\t\n"

static bool is_among(const char *name, size_t length, const char *names) {
  for (const char *at = names + strspn(names, BETWEEN); *at; at += strspn(at, BETWEEN)) {
    size_t wanted = strcspn(at, BETWEEN);
    bool begins = at[wanted - 1] == '*';
    size_t compared = begins ? wanted - 1 : wanted;
    if ((begins ? length >= compared : length == compared) && strncmp(name, at, compared) == 0)
      return true;
    at += wanted;
  }
  return false;
}

char **environment_for_helper(char *const *ours) {
  const char *more = "";
  size_t count = 0;
  for (; ours[count]; count++)
    if (strncmp(ours[count], ENVIRONMENT_MORE "=", sizeof ENVIRONMENT_MORE) == 0)
      more = ours[count] + sizeof ENVIRONMENT_MORE;
  char **chosen = xcalloc(count + 1, sizeof *chosen);
  size_t taken = 0;
  for (size_t i = 0; i < count; i++) {
    size_t length = strcspn(ours[i], "=");
    if (is_among(ours[i], length, usual) || is_among(ours[i], length, more))
      chosen[taken++] = ours[i];
  }
  return chosen;
}
