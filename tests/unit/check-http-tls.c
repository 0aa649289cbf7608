/* Certificates: which are taken, and what is said about the others. The certificates are made on
   the spot. */
#include <config.h>

#include "net/http.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "net/ca.h"
#include "net/quota.h"
#include "net/watch.h"

#include "unit.h"

struct tls_server {
  SSL_CTX *context;
  X509 *certificate;
  char ca_file[64];
  const char *reply;
  int listener;
  int port;
  int stop[2];
  pthread_t thread;
  int connections;
};

/* A self-signed certificate for ALT_NAME, its own CA, good for SECONDS from now (negative: not any
   more). */
static X509 *make_certificate(EVP_PKEY *key, const char *alt_name, long seconds) {
  X509 *certificate = X509_new();
  ck_assert_ptr_nonnull(certificate);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
  X509_set_pubkey(certificate, key);
  X509_NAME *name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt_name);
  ck_assert_ptr_nonnull(extension);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
  return certificate;
}

static void answer(struct tls_server *server, int fd) {
  SSL *ssl = SSL_new(server->context);
  SSL_set_fd(ssl, fd);
  char bytes[4096];
  if (SSL_accept(ssl) == 1 && SSL_read(ssl, bytes, sizeof bytes) > 0) {
    SSL_write(ssl, server->reply, (int)strlen(server->reply));
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  close(fd);
}

static void *serve(void *arg) {
  struct tls_server *server = arg;
  for (;;) {
    struct pollfd fds[] = {{.fd = server->stop[0], .events = POLLIN},
                           {.fd = server->listener, .events = POLLIN}};
    if (poll(fds, 2, -1) < 0 || fds[0].revents)
      return NULL;
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0)
      return NULL;
    server->connections++;
    answer(server, fd);
  }
}

static void start(struct tls_server *server, const char *alt_name, long seconds,
                  const char *reply) {
  *server = (struct tls_server){.reply = reply, .ca_file = "/tmp/check-http-tls-XXXXXX"};
  EVP_PKEY *key = EVP_EC_gen("P-256");
  ck_assert_ptr_nonnull(key);
  server->certificate = make_certificate(key, alt_name, seconds);
  server->context = SSL_CTX_new(TLS_server_method());
  ck_assert_int_eq(SSL_CTX_use_certificate(server->context, server->certificate), 1);
  ck_assert_int_eq(SSL_CTX_use_PrivateKey(server->context, key), 1);
  EVP_PKEY_free(key);
  int fd = mkstemp(server->ca_file);
  ck_assert_int_ge(fd, 0);
  FILE *file = fdopen(fd, "w");
  ck_assert_int_eq(PEM_write_X509(file, server->certificate), 1);
  fclose(file);

  server->listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&address, size), 0);
  ck_assert_int_eq(listen(server->listener, 16), 0);
  ck_assert_int_eq(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
  server->port = ntohs(address.sin_port);
  ck_assert_int_eq(pipe(server->stop), 0);
  ck_assert_int_eq(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void finish(struct tls_server *server) {
  ck_assert_int_eq(write(server->stop[1], "", 1), 1);
  pthread_join(server->thread, NULL);
  close(server->stop[0]);
  close(server->stop[1]);
  close(server->listener);
  unlink(server->ca_file);
  X509_free(server->certificate);
  SSL_CTX_free(server->context);
}

struct result {
  long status;
  enum status error;
  char message[1024];
};

static void done(void *arg, const struct http_response *response) {
  struct result *result = arg;
  result->status = response->status;
  if (response->error) {
    result->error = response->error->status;
    snprintf(result->message, sizeof result->message, "%s", response->error->message);
  }
}

/* GETs / of SERVER, trusting CA_FILE. */
static struct result get(const struct tls_server *server, const char *ca_file) {
  cleanup(ca_clear) struct ca ca = {.file = ca_file ? xstrdup(ca_file) : NULL,
                                    .alone = ca_file != NULL};
  struct http *http = http_new(
      &(struct http_options){
          .max_retries = 2, .backoff_ms = 1, .stop_fd = -1, .ca = &ca, .timeout = 20},
      NULL);
  ck_assert_ptr_nonnull(http);
  cleanup(cleanup_free) char *url = xasprintf("https://127.0.0.1:%d/", server->port);
  struct result result = {0};
  http_send(http,
            &(struct http_request){.method = "GET", .url = url, .max_body = 9, .follow = true},
            done, &result);
  ck_assert_int_eq(http_run(http, NULL), 0);
  http_free(http);
  return result;
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

START_TEST(the_ca_that_is_given_is_taken_and_no_other) {
  struct tls_server server;
  start(&server, "IP:127.0.0.1", 3600, OK);
  struct result result = get(&server, server.ca_file);
  ck_assert_msg(result.status == 200, "%s", result.message);
  struct tls_server other;
  start(&other, "IP:127.0.0.1", 3600, OK);
  result = get(&server, other.ca_file);
  ck_assert_int_eq(result.status, 0);
  ck_assert_int_eq(result.error, STATUS_TLS);
  finish(&other);
  finish(&server);
}
END_TEST

START_TEST(an_unknown_ca_is_explained_and_not_retried) {
  struct tls_server server;
  start(&server, "IP:127.0.0.1", 3600, OK);
  struct result result = get(&server, NULL);
  ck_assert_int_eq(result.error, STATUS_TLS);
  ck_assert_msg(strstr(result.message, "give its CA with --cacert"), "%s", result.message);
  cleanup(cleanup_free) char *start_of = xasprintf("https://127.0.0.1:%d/: ", server.port);
  ck_assert(strncmp(result.message, start_of, strlen(start_of)) == 0);
  finish(&server);
  ck_assert_int_eq(server.connections, 1);
}
END_TEST

START_TEST(another_name_is_no_question_of_the_ca) {
  struct tls_server server;
  start(&server, "DNS:other.example", 3600, OK);
  struct result result = get(&server, server.ca_file);
  ck_assert_int_eq(result.error, STATUS_TLS);
  ck_assert_msg(!strstr(result.message, "--cacert"), "%s", result.message);
  finish(&server);
  ck_assert_int_eq(server.connections, 1);
}
END_TEST

START_TEST(an_expired_certificate_is_no_question_of_the_ca) {
  struct tls_server server;
  start(&server, "IP:127.0.0.1", -3600, OK);
  struct result result = get(&server, server.ca_file);
  ck_assert_int_eq(result.error, STATUS_TLS);
  ck_assert_msg(strstr(result.message, "expired"), "%s", result.message);
  ck_assert_msg(!strstr(result.message, "--cacert"), "%s", result.message);
  finish(&server);
}
END_TEST

static void count_failure(void *arg, const struct http_response *response) {
  ck_assert_ptr_nonnull(response->error);
  ++*(int *)arg;
}

/* Those that wait for a connection that cannot be made go again: each still counts once. */
START_TEST(what_is_put_back_is_not_under_way) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  /* Bound and not listening: nobody else takes it, and it refuses. */
  ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
  ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
  cleanup(cleanup_free) char *origin = xasprintf("https://127.0.0.1:%d", ntohs(address.sin_port));
  cleanup(cleanup_free) char *url = xasprintf("%s/", origin);
  struct http_watch *watch = http_watch_new();
  struct http_options options = {.stop_fd = -1, .jobs = 8, .watch = watch};
  struct http *http = http_new(&options, NULL);
  int failures = 0;
  for (int i = 0; i < 8; i++)
    http_send(http,
              &(struct http_request){.method = "GET", .url = url, .max_body = 1, .metered = true},
              count_failure, &failures);
  ck_assert_int_eq(http_run(http, NULL), 0);
  ck_assert_int_eq(failures, 8);
  ck_assert_uint_eq(watch_quota(watch, origin)->under_way, 0);
  http_free(http);
  http_watch_free(watch);
  close(listener);
}
END_TEST

START_TEST(https_does_not_lead_to_http) {
  struct tls_server server;
  start(&server, "IP:127.0.0.1", 3600,
        "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  struct result result = get(&server, server.ca_file);
  ck_assert_int_eq(result.error, STATUS_SERVER_ERROR);
  ck_assert_msg(strstr(result.message, "from https to http"), "%s", result.message);
  finish(&server);
  ck_assert_int_eq(server.connections, 1);
}
END_TEST

/* OpenSSL would speak it (allow_old_protocols); we do not. */
START_TEST(an_old_protocol_is_not_spoken) {
  struct tls_server server;
  start(&server, "IP:127.0.0.1", 3600, OK);
  ck_assert_int_eq(SSL_CTX_set_max_proto_version(server.context, TLS1_1_VERSION), 1);
  struct result result = get(&server, server.ca_file);
  ck_assert_int_eq(result.error, STATUS_TLS);
  finish(&server);
}
END_TEST

/* In this process and what it starts, before OpenSSL reads its configuration. PATH is a template.
 */
static void allow_old_protocols(char *path) {
  static const char text[] =
      "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = old\n"
      "[old]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n";
  int fd = mkstemp(path);
  if (fd < 0 || write(fd, text, sizeof text - 1) < 0 || close(fd) ||
      setenv("OPENSSL_CONF", path, 1))
    abort();
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  char configuration[] = "/tmp/check-http-tls-XXXXXX";
  allow_old_protocols(configuration);
  Suite *suite = suite_create("http-tls");
  TCase *tcase = tcase_create("http-tls");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, the_ca_that_is_given_is_taken_and_no_other);
  tcase_add_test(tcase, an_unknown_ca_is_explained_and_not_retried);
  tcase_add_test(tcase, another_name_is_no_question_of_the_ca);
  tcase_add_test(tcase, an_expired_certificate_is_no_question_of_the_ca);
  tcase_add_test(tcase, what_is_put_back_is_not_under_way);
  tcase_add_test(tcase, https_does_not_lead_to_http);
  tcase_add_test(tcase, an_old_protocol_is_not_spoken);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_tap(runner, "-");
  srunner_run_all(runner, CK_SILENT);
  unlink(configuration);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
