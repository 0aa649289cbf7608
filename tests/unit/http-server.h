/* A scripted HTTP server on a thread of the test, at a loopback port given by the kernel: says the
   bytes it was told to say, in order, and remembers what it was asked. */
#ifndef OCIDUP_TESTS_HTTP_SERVER_H
#define OCIDUP_TESTS_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

enum server_then { SERVER_CLOSE, SERVER_KEEP, SERVER_RESET, SERVER_HANG };

struct server_reply {
  const char *text;      /* bytes to say; borrowed; "" says nothing */
  enum server_then then; /* what becomes of the connection */
  size_t length;         /* of text; 0: it is a C string */
};

struct server_script {
  const struct server_reply *replies; /* the n-th request gets the n-th; the last is repeated */
  size_t count;
  size_t hold;  /* answer only when this many wait for an answer, and see whether one more comes;
                   0: at once */
  size_t total; /* with hold: how many requests will come */
  bool deaf;    /* take the first bytes for a request, whatever they are */
};

struct server;

/* SCRIPT is copied, the texts in it borrowed. */
struct server *server_start(const struct server_script *script);

/* The usual: a server that gives REPLY always. */
struct server *server_start_reply(const char *reply);

int server_port(const struct server *server);

/* Ends its thread, after which what follows is meant to be called. */
void server_stop(struct server *server);

size_t server_requests(const struct server *server);
size_t server_connections(const struct server *server);
/* Most requests that waited for their answers together. */
size_t server_most(const struct server *server);
/* Head and body of request INDEX; "" when there was none. */
const char *server_request(const struct server *server, size_t index);

/* Stops it if need be. */
void server_free(struct server *server);

#endif
