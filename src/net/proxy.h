/* The proxies of the environment, as far as messages go: libcurl itself picks one and speaks with
   it. What stands before the '@' of a proxy's URL is a secret and never shown. */
#ifndef OCIDUP_NET_PROXY_H
#define OCIDUP_NET_PROXY_H

#include <stdbool.h>

#include "base/redact.h"

/* The variable that names the proxy for SCHEME ("https"), in libcurl's order; NULL: none is set.
   That no_proxy may exempt a host is not looked at. */
const char *proxy_variable(const char *scheme);

/* The proxy of VARIABLE for people, without user and password: "the proxy http://proxy:3128
   (https_proxy)"; caller frees. */
char *proxy_display(const char *variable);

/* True when VARIABLE's URL has a user name. */
bool proxy_has_user(const char *variable);

/* Tells REDACTOR the passwords (or what stands alone in their place) of all proxies in the
   environment, as they stand there and as they are sent. */
void proxy_teach(struct redactor *redactor);

#endif
