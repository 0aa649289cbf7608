#include <config.h>

#include "net/transfer.h"

#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/x509_vfy.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/ca.h"
#include "net/http.h"
#include "net/proxy.h"
#include "net/queue.h"
#include "net/url.h"

/* Of all header lines of an answer, interim ones (1xx) included. */
enum { HEADERS_MAX = 256 * 1024 };

/* Of an answer that is no success: what it says is told to people. */
enum { FAILURE_MAX = 64 * 1024 };

/* More than nearly any answer has. So many bytes of each body may be in memory at a time, and one
   that is larger: many large ones together could need all there is. */
enum { BODY_USUAL = 4 * 1024 * 1024 };

/* A try that makes progress all the time may still not take for ever: a server that sends a byte
   now and then would hold a whole run. */
enum { TRY_MAX_SECONDS = 300, TRY_MAX_TIMEOUTS = 10 };

/* Bytes a second. What is slower for the whole of a timeout is no progress: no network is. */
enum { SPEED_MIN = 100 };

struct transfer *transfer_new(void) {
  struct transfer *transfer = xcalloc(1, sizeof *transfer);
  transfer->easy = curl_easy_init();
  if (!transfer->easy) {
    free(transfer);
    return NULL;
  }
  return transfer;
}

static size_t take_header(char *data, size_t size, size_t count, void *arg) {
  struct transfer *transfer = arg;
  size_t length = size * count;
  overlap_heard(&transfer->overlap, transfer->clock);
  /* A stream may end inside a body with HTTP_1_1_REQUIRED (RFC 9113, 7): libcurl then asks anew on
     its own, and what comes is another answer. */
  if (length >= 5 && memcmp(data, "HTTP/", 5) == 0)
    strbuf_clear(&transfer->body);
  /* The lines themselves are in libcurl's header store. */
  transfer->header_bytes += length;
  if (transfer->header_bytes > HEADERS_MAX) {
    transfer->headers_too_large = true;
    return 0;
  }
  return length;
}

/* True when TRANSFER's body may be LENGTH longer: a usual size, or the only one beyond it. */
static bool may_grow(struct transfer *transfer, size_t length) {
  if (transfer->body.length + length <= BODY_USUAL)
    return true;
  if (!*transfer->large)
    *transfer->large = transfer;
  return *transfer->large == transfer;
}

static size_t take_body(char *data, size_t size, size_t count, void *arg) {
  struct transfer *transfer = arg;
  size_t length = size * count;
  overlap_heard(&transfer->overlap, transfer->clock);
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  size_t most = transfer->body.max;
  if (status >= 300 && most > FAILURE_MAX)
    most = FAILURE_MAX;
  size_t room = most - transfer->body.length;
  if (status >= 300) {
    strbuf_append(&transfer->body, data, length < room ? length : room);
    transfer->cut = length > room;
    return transfer->cut ? 0 : length;
  }
  /* What announces itself as too large need not be collected first. */
  curl_off_t announced = -1;
  curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (length > room || (announced > 0 && (uintmax_t)announced > transfer->body.max)) {
    transfer->body_too_large = true;
    return 0;
  }
  if (!may_grow(transfer, length)) {
    transfer->paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return strbuf_append(&transfer->body, data, length) == 0 ? length : 0;
}

static int take_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *arg) {
  const struct transfer *transfer = arg;
  (void)easy;
  if (type == CURLINFO_HEADER_OUT)
    trace_head(transfer->trace, transfer->number, data, size);
  return 0;
}

static int add_header(struct transfer *transfer, const char *line) {
  struct curl_slist *longer = curl_slist_append(transfer->headers, line);
  if (!longer)
    return -1;
  transfer->headers = longer;
  return 0;
}

/* NAME and VALUE as one header line, whose copy here is wiped. */
static int add_secret(struct transfer *transfer, const char *name, const char *value) {
  char *line = xasprintf("%s: %s", name, value);
  int result = add_header(transfer, line);
  OPENSSL_cleanse(line, strlen(line));
  free(line);
  return result;
}

/* Another origin gets what it needs to answer, and nothing that could be a credential. */
static bool may_cross(const char *header) {
  return strncasecmp(header, "accept:", 7) == 0;
}

static int set_headers(struct transfer *transfer) {
  const struct request *request = transfer->request;
  for (char **header = request->headers; *header; header++)
    if ((!request->foreign || may_cross(*header)) && add_header(transfer, *header) != 0)
      return -1;
  /* Not among the options of libcurl's signing, which does sign it like any x-amz header. */
  if (request->session_token &&
      add_secret(transfer, "x-amz-security-token", request->session_token) != 0)
    return -1;
  if (request->authorization && !request->is_signed && !request->foreign &&
      add_secret(transfer, "authorization", request->authorization) != 0)
    return -1;
  return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) ? -1 : 0;
}

static int set_method(struct transfer *transfer) {
  const struct request *request = transfer->request;
  CURL *easy = transfer->easy;
  if (strcmp(request->method, "HEAD") == 0)
    return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) ? -1 : 0;
  if (strcmp(request->method, "GET") == 0)
    return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) ? -1 : 0;
  if (strcmp(request->method, "PUT") == 0 && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT"))
    return -1;
  /* Not copied: the request lives longer than the try, and its own copy is wiped. */
  return curl_easy_setopt(easy, CURLOPT_POST, 1L) ||
                 curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                  (curl_off_t)request->body_length) ||
                 curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "")
             ? -1
             : 0;
}

static int set_signature(struct transfer *transfer) {
  const struct request *request = transfer->request;
  CURL *easy = transfer->easy;
  /* Spelt out, or libcurl would take region and service from the host's name. */
  cleanup(cleanup_free) char *scheme =
      xasprintf("aws:amz:%s:%s", request->region, request->service);
  return curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, scheme) ||
                 curl_easy_setopt(easy, CURLOPT_USERNAME, request->access_key_id) ||
                 curl_easy_setopt(easy, CURLOPT_PASSWORD, request->secret_access_key)
             ? -1
             : 0;
}

/* USUAL is for a proxy that speaks TLS itself. */
static int set_ca(CURL *easy, const struct ca *ca, const struct ca *usual) {
  CURLcode bad = CURLE_OK;
#define SET(option, value) (bad = bad ? bad : curl_easy_setopt(easy, (option), (value)))
  if (ca->file || ca->alone)
    SET(CURLOPT_CAINFO, ca->file);
  if (ca->folder || ca->alone)
    SET(CURLOPT_CAPATH, ca->folder);
  if (usual->file || usual->alone)
    SET(CURLOPT_PROXY_CAINFO, usual->file);
  if (usual->folder || usual->alone)
    SET(CURLOPT_PROXY_CAPATH, usual->folder);
#undef SET
  return bad ? -1 : 0;
}

/* Whether a name must not lead to this machine's link: a server chose it, and no certificate tells
   who is there. (What is an address itself was judged before.) */
static bool is_guarded(const struct request *request) {
  return strncmp(request->origin, "http:", 5) == 0 &&
         (request->named ||
          (request->redirects > 0 && !url_same_host(request->url, request->target))) &&
         !url_leads_to_link(request->target);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
  struct transfer *transfer = arg;
  (void)purpose;
  if (url_address_is_of_link(&address->addr)) {
    transfer->on_link = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int about_to_send(void *arg, char *there, char *here, int there_port, int here_port) {
  struct transfer *transfer = arg;
  overlap_sent(&transfer->overlap, transfer->clock, there, there_port, here, here_port);
  return CURL_PREREQFUNC_OK;
}

int transfer_begin(struct transfer *transfer, struct request *request,
                   const struct transfer_options *options, unsigned long number) {
  CURL *easy = transfer->easy;
  transfer->request = request;
  transfer->overlap = (struct overlap){.ended = false};
  transfer->clock = options->clock;
  transfer->trace = options->trace;
  transfer->number = number;
  transfer->body = (struct strbuf)STRBUF(request->max_body);
  transfer->header_bytes = 0;
  transfer->body_too_large = transfer->headers_too_large = transfer->cut = false;
  transfer->reason[0] = '\0';
  transfer->waits = transfer->paused = transfer->on_link = false;
  transfer->large = options->large;
  transfer->ca = request->ca ? request->ca : &options->ca;

  CURLcode bad = CURLE_OK;
#define SET(option, value) (bad = bad ? bad : curl_easy_setopt(easy, (option), (value)))
  SET(CURLOPT_PRIVATE, transfer);
  SET(CURLOPT_ERRORBUFFER, transfer->reason);
  SET(CURLOPT_URL, request->target);
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_USERAGENT, options->user_agent);
  SET(CURLOPT_CONNECTTIMEOUT, options->timeout);
  SET(CURLOPT_LOW_SPEED_TIME, options->timeout);
  SET(CURLOPT_LOW_SPEED_LIMIT, (long)SPEED_MIN);
  SET(CURLOPT_TIMEOUT, TRY_MAX_SECONDS + TRY_MAX_TIMEOUTS * options->timeout);
  SET(CURLOPT_HEADERFUNCTION, take_header);
  SET(CURLOPT_HEADERDATA, transfer);
  SET(CURLOPT_WRITEFUNCTION, take_body);
  SET(CURLOPT_WRITEDATA, transfer);
  /* A proxy would ask its own machine. */
  transfer->direct = options->direct || url_host_is_near(strstr(request->origin, "://") + 3);
  if (transfer->direct)
    SET(CURLOPT_PROXY, "");
  if (is_guarded(request)) {
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
  }
  if (strncmp(request->origin, "https:", 6) == 0) {
    SET(CURLOPT_HTTP_VERSION,
        options->one_at_a_time ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_PREREQFUNCTION, about_to_send);
    SET(CURLOPT_PREREQDATA, transfer);
    /* Learn first whether the connection being made can carry more than one request; but where none
       can be made, each would wait for all before it to fail. */
    transfer->waits = !options->one_at_a_time && !queue_is_unreached(request);
    SET(CURLOPT_PIPEWAIT, transfer->waits ? 1L : 0L);
  }
  if (options->trace) {
    trace_begin(options->trace, number, request->method, request->target, request->body_length);
    /* What is really sent, libcurl's own headers too. */
    SET(CURLOPT_DEBUGFUNCTION, take_debug);
    SET(CURLOPT_DEBUGDATA, transfer);
    SET(CURLOPT_VERBOSE, 1L);
  }
#undef SET
  if (bad || set_ca(easy, transfer->ca, &options->ca) != 0 || set_method(transfer) != 0 ||
      set_headers(transfer) != 0)
    return -1;
  return request->is_signed ? set_signature(transfer) : 0;
}

/* The status that a record gets for CODE. */
static enum status failure_status(const struct transfer *transfer, CURLcode code) {
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return STATUS_TIMEOUT;
  case CURLE_SSL_CONNECT_ERROR:
    /* A connection that broke during the handshake says nothing about TLS. */
    if (strstr(transfer->reason, "SSL_ERROR_SYSCALL") || strstr(transfer->reason, "reset by peer"))
      return STATUS_NETWORK;
    return STATUS_TLS;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_CLIENTCERT:
  case CURLE_USE_SSL_FAILED:
    return STATUS_TLS;
  case CURLE_UNSUPPORTED_PROTOCOL: /* speaks something that is not HTTP */
    return STATUS_SERVER_ERROR;
  default:
    return STATUS_NETWORK;
  }
}

/* Who vouches for nobody there, or where to say who does; caller frees. */
static char *ca_advice(const struct transfer *transfer) {
  const struct ca *ca = transfer->ca;
  if (!ca->where)
    return xstrdup("; give its CA with --cacert or SSL_CERT_FILE");
  return xasprintf("; its CA is not in %s", ca->where);
}

/* What to do next about a failure, "" when that is not known; caller frees. */
static char *advice(const struct transfer *transfer, CURLcode code) {
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    long verdict = X509_V_OK;
    curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    switch (verdict) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return ca_advice(transfer);
    default:
      return xstrdup("");
    }
  }
  if (code == CURLE_SSL_CONNECT_ERROR && strstr(transfer->reason, "wrong version number"))
    return xstrdup("; if it speaks plain HTTP, allow that with --plain-http");
  if (code == CURLE_UNSUPPORTED_PROTOCOL)
    return xstrdup("; if it speaks TLS, ask for that with --tls");
  return xstrdup("");
}

/* The variable whose proxy was asked, as far as it can be told; NULL: none. */
static const char *asked_proxy(const struct transfer *transfer) {
  return transfer->direct
             ? NULL
             : proxy_variable(strncmp(transfer->request->origin, "https:", 6) == 0 ? "https"
                                                                                   : "http");
}

/* What a proxy answered instead of leading to the server; 0: it did lead there, or there is none.
   407 comes from proxies only, whichever way they are asked. */
static long proxy_refusal(const struct transfer *transfer) {
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &status);
  if (status >= 300)
    return status;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return status == 407 && asked_proxy(transfer) ? status : 0;
}

bool transfer_is_refused(const struct transfer *transfer) {
  long status = proxy_refusal(transfer);
  return status >= 300 && status < 500 && status != 408 && status != 429;
}

/* The server was not asked: this says nothing about what is there, so it is no row's "denied". */
static int refused_by_proxy(const struct transfer *transfer, const char *shown, long status,
                            struct error **err) {
  const char *variable = asked_proxy(transfer);
  cleanup(cleanup_free) char *proxy = variable ? proxy_display(variable) : xstrdup("the proxy");
  if (status == 407 && variable && proxy_has_user(variable))
    return error_set(err, STATUS_NETWORK, "%s: %s does not take the user and password there (407)",
                     shown, proxy);
  if (status == 407)
    return error_set(err, STATUS_NETWORK,
                     "%s: %s asks for a user and password (407): give them there, "
                     "http://USER:PASSWORD@HOST:PORT",
                     shown, proxy);
  return error_set(err, STATUS_NETWORK,
                   "%s: %s does not lead there: it answered %ld; allow the host there, or name it "
                   "in no_proxy",
                   shown, proxy, status);
}

bool transfer_is_mixed(const struct transfer *transfer) {
  long version = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
  return transfer->overlap.shared &&
         (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1);
}

/* Takes " after 12 ms" out of TEXT: the same failure is to be told in the same words. */
static void drop_duration(char *text) {
  static const char before[] = " after ";
  static const char *const units[] = {" milliseconds", " ms"};
  for (char *at = text; (at = strstr(at, before)); at++) {
    char *unit = at + strlen(before);
    unit += strspn(unit, "0123456789");
    for (size_t i = 0; unit[-1] != ' ' && i < sizeof units / sizeof *units; i++) {
      size_t length = strlen(units[i]);
      if (strncmp(unit, units[i], length) != 0)
        continue;
      memmove(at, unit + length, strlen(unit + length) + 1);
      return;
    }
  }
}

/* libcurl's own words, which may quote what was sent; caller frees. */
static char *reason_for(const struct transfer *transfer, CURLcode code) {
  const char *reason = transfer->reason[0] ? transfer->reason : curl_easy_strerror(code);
  const char *variable = asked_proxy(transfer);
  /* It would tell the whole URL. */
  if (variable && strncmp(reason, "Unsupported proxy", strlen("Unsupported proxy")) == 0)
    return xasprintf("%s holds no URL of a proxy", variable);
  cleanup(cleanup_free) char *clean = text_sanitized(reason);
  drop_duration(clean);
  /* Or who reads it looks for the trouble at the server. */
  bool connecting =
      code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY;
  if (!variable || !connecting)
    return xstrdup(clean);
  cleanup(cleanup_free) char *proxy = proxy_display(variable);
  return xasprintf("%s; by %s, unless no_proxy names the host", clean, proxy);
}

int transfer_result(const struct transfer *transfer, CURLcode code, struct error **err) {
  const struct request *request = transfer->request;
  long refusal = proxy_refusal(transfer);
  if (refusal > 0) {
    cleanup(cleanup_free) char *shown = http_url_display(request->target);
    return refused_by_proxy(transfer, shown, refusal, err);
  }
  if (transfer_is_mixed(transfer)) {
    cleanup(cleanup_free) char *shown = http_url_display(request->target);
    return error_set(err, STATUS_NETWORK,
                     "%s: what came may answer another request (it speaks HTTP/2 on some "
                     "connections and HTTP/1.1 on others)",
                     shown);
  }
  /* What came when it was resumed may have been refused without an end. */
  bool refused = transfer->headers_too_large || transfer->body_too_large;
  if (!refused && (code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer->cut)))
    return 0;
  cleanup(cleanup_free) char *shown = http_url_display(request->target);
  if (transfer->headers_too_large)
    return error_set(err, STATUS_TOO_LARGE, "%s: headers of more than %d bytes", shown,
                     HEADERS_MAX);
  if (transfer->body_too_large)
    return error_set(err, STATUS_TOO_LARGE, "%s: more than %zu bytes", shown, request->max_body);
  if (transfer->on_link && code == CURLE_COULDNT_CONNECT)
    return error_set(err, STATUS_SERVER_ERROR, "%s: refused: the name is of %s", shown,
                     URL_OF_LINK);
  cleanup(cleanup_free) char *reason = reason_for(transfer, code);
  cleanup(cleanup_free) char *next = advice(transfer, code);
  return error_set(err, failure_status(transfer, code), "%s: %s%s", shown, reason, next);
}

void transfer_resume(struct transfer *transfer) {
  transfer->paused = false;
  curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

struct request *transfer_end(struct transfer *transfer) {
  struct request *request = transfer->request;
  transfer->request = NULL;
  /* Lets go of libcurl's copies; connections stay with the multi handle. */
  curl_easy_reset(transfer->easy);
  curl_slist_free_all(transfer->headers); /* which wipes them (http_new) */
  transfer->headers = NULL;
  /* It may be a token. */
  if (transfer->body.data)
    OPENSSL_cleanse(transfer->body.data, transfer->body.length);
  strbuf_free(&transfer->body);
  return request;
}

void transfer_free(struct transfer *transfer) {
  if (!transfer)
    return;
  curl_easy_cleanup(transfer->easy);
  free(transfer);
}

/* libcurl 7.88 leaves the CR of an empty value. */
static const char *header_value(const struct curl_header *header) {
  return header->value[strspn(header->value, " \t\r\n")] ? header->value : "";
}

const char *http_header(const struct http_response *response, const char *name) {
  struct curl_header *header;
  CURL *easy = response->headers;
  if (!easy || curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return NULL;
  return header_value(header);
}

void http_header_each(const struct http_response *response, const char *name,
                      void (*each)(void *arg, const char *value), void *arg) {
  CURL *easy = response->headers;
  if (!easy)
    return;
  struct curl_header *header;
  for (size_t i = 0; curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK; i++)
    each(arg, header_value(header));
}
