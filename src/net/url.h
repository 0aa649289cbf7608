/* URLs of requests: which are taken, what origin they have, where a redirect may lead. Parsing is
   libcurl's, so that what is checked here is what is asked later. */
#ifndef OCIDUP_NET_URL_H
#define OCIDUP_NET_URL_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"

/* The origin of URL (RFC 6454), "https://name:443" in lower case, with the port always; caller
   frees. NULL with *err (STATUS_UNSUPPORTED) for what is no http or https URL, or has user info. */
char *url_origin(const char *url, struct error **err);

/* The URL to which an answer from FROM with header Location LOCATION (absolute or relative, RFC
   9110, 10.2.2) leads, without fragment; caller frees. NULL with *err (STATUS_SERVER_ERROR) when
   it must not be followed: no http or https URL, user info in it, from https to http, or to the
   machine's link from elsewhere. */
char *url_redirect(const char *from, const char *location, struct error **err);

/* True when HOST ("name", "name:port", "[v6]:port") is this machine by its name: localhost, names
   below it, 127.0.0.0/8, [::1]. */
bool url_host_is_loopback(const char *host);

/* True when HOST is this machine, or an address that only this machine's link has (169.254.0.0/16,
   fe80::/10, and fd00:ec2::/32, where AWS has the same services): no proxy leads there. */
bool url_host_is_near(const char *host);

/* Why nothing that a server says leads to where url_leads_to_link. */
#define URL_OF_LINK "an address of this machine's link, where its keys may be"

/* True when URL leads to an address that only this machine's link has, as url_host_is_near has
   them: what answers there, the metadata service of a cloud, gives keys to whoever is this machine. */
bool url_leads_to_link(const char *url);

/* True when ADDRESS is one of those: what a name turned out to be. */
bool url_address_is_of_link(const struct sockaddr *address);

/* True when the URLs A and B, sound ones, name the same host. */
bool url_same_host(const char *a, const char *b);

#endif
