#include <config.h>

#include "http-server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

enum { MAX_CONNECTIONS = 128, MAX_REQUESTS = 512, GRACE_MS = 20 };

struct connection {
  int fd; /* -1: none */
  struct strbuf input;
  bool waits;   /* its request is complete and not answered */
  size_t index; /* of the request */
};

struct server {
  struct server_script script;
  struct server_reply *replies;
  int listener;
  int port;
  int stop[2];
  pthread_t thread;
  bool running;
  struct connection connections[MAX_CONNECTIONS];
  char *requests[MAX_REQUESTS];
  size_t request_count;
  size_t connection_count;
  size_t waiting;
  size_t answered;
  size_t most;
};

static void must(bool held) {
  if (!held) {
    perror("http-server");
    abort();
  }
}

static void drop(struct connection *connection, bool reset) {
  if (reset) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  close(connection->fd);
  connection->fd = -1;
  strbuf_free(&connection->input);
}

static void answer(struct server *server, struct connection *connection) {
  const struct server_script *script = &server->script;
  size_t which = connection->index < script->count ? connection->index : script->count - 1;
  const struct server_reply *reply = &server->replies[which];
  connection->waits = false;
  server->waiting--;
  server->answered++;
  size_t length = reply->length ? reply->length : strlen(reply->text);
  for (size_t sent = 0; sent < length;) {
    ssize_t n = send(connection->fd, reply->text + sent, length - sent, MSG_NOSIGNAL);
    if (n <= 0)
      break; /* The client may have had enough. */
    sent += (size_t)n;
  }
  if (reply->then == SERVER_KEEP)
    strbuf_clear(&connection->input);
  else if (reply->then != SERVER_HANG)
    drop(connection, reply->then == SERVER_RESET);
}

/* Length of the request in TEXT, 0 while it is not whole. */
static size_t whole(const struct server *server, const struct strbuf *input) {
  if (server->script.deaf)
    return input->length;
  const char *text = strbuf_str(input);
  const char *end = strstr(text, "\r\n\r\n");
  if (!end)
    return 0;
  size_t head = (size_t)(end - text) + 4;
  size_t body = 0;
  for (const char *line = text; line < end; line = strstr(line, "\r\n") + 2)
    if (strncasecmp(line, "Content-Length:", 15) == 0)
      body = strtoul(line + 15, NULL, 10);
  return input->length >= head + body ? head + body : 0;
}

static void hear(struct server *server, struct connection *connection) {
  char bytes[16384];
  ssize_t n = recv(connection->fd, bytes, sizeof bytes, 0);
  if (n <= 0) {
    if (connection->waits)
      server->waiting--;
    connection->waits = false;
    drop(connection, false);
    return;
  }
  strbuf_append(&connection->input, bytes, (size_t)n);
  if (connection->waits || !whole(server, &connection->input))
    return;
  must(server->request_count < MAX_REQUESTS);
  connection->index = server->request_count;
  server->requests[server->request_count++] = xstrdup(strbuf_str(&connection->input));
  connection->waits = true;
  if (++server->waiting > server->most)
    server->most = server->waiting;
}

static void take(struct server *server) {
  int fd = accept(server->listener, NULL, NULL);
  must(fd >= 0);
  server->connection_count++;
  for (size_t i = 0; i < MAX_CONNECTIONS; i++)
    if (server->connections[i].fd < 0) {
      server->connections[i] = (struct connection){.fd = fd, .input = STRBUF(1024 * 1024)};
      return;
    }
  must(false);
}

static bool may_answer(const struct server *server, bool quiet) {
  const struct server_script *script = &server->script;
  if (script->hold == 0)
    return true;
  /* Enough are here; and nothing more came for a while, which would show in `most`. */
  return quiet &&
         (server->waiting >= script->hold || server->answered + server->waiting >= script->total);
}

static void *serve(void *arg) {
  struct server *server = arg;
  for (;;) {
    struct pollfd fds[MAX_CONNECTIONS + 2];
    fds[0] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
    fds[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
      fds[i + 2] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
    bool held = server->script.hold > 0 && server->waiting > 0;
    int ready = poll(fds, MAX_CONNECTIONS + 2, held ? GRACE_MS : -1);
    must(ready >= 0);
    if (fds[0].revents)
      return NULL;
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
      if (fds[i + 2].revents)
        hear(server, &server->connections[i]);
    if (fds[1].revents)
      take(server);
    if (may_answer(server, ready == 0))
      for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        if (server->connections[i].fd >= 0 && server->connections[i].waits)
          answer(server, &server->connections[i]);
  }
}

struct server *server_start(const struct server_script *script) {
  struct server *server = xcalloc(1, sizeof *server);
  server->script = *script;
  server->replies = xreallocarray(NULL, script->count, sizeof *server->replies);
  memcpy(server->replies, script->replies, script->count * sizeof *server->replies);
  for (size_t i = 0; i < MAX_CONNECTIONS; i++)
    server->connections[i].fd = -1;
  server->listener = socket(AF_INET, SOCK_STREAM, 0);
  must(server->listener >= 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  must(bind(server->listener, (struct sockaddr *)&address, size) == 0);
  must(listen(server->listener, 128) == 0);
  must(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
  server->port = ntohs(address.sin_port);
  must(pipe(server->stop) == 0);
  must(pthread_create(&server->thread, NULL, serve, server) == 0);
  server->running = true;
  return server;
}

struct server *server_start_reply(const char *reply) {
  struct server_reply only = {.text = reply};
  return server_start(&(struct server_script){.replies = &only, .count = 1});
}

int server_port(const struct server *server) {
  return server->port;
}

void server_stop(struct server *server) {
  if (!server->running)
    return;
  must(write(server->stop[1], "", 1) == 1);
  must(pthread_join(server->thread, NULL) == 0);
  server->running = false;
}

size_t server_requests(const struct server *server) {
  return server->request_count;
}

size_t server_connections(const struct server *server) {
  return server->connection_count;
}

size_t server_most(const struct server *server) {
  return server->most;
}

const char *server_request(const struct server *server, size_t index) {
  return index < server->request_count ? server->requests[index] : "";
}

void server_free(struct server *server) {
  server_stop(server);
  for (size_t i = 0; i < MAX_CONNECTIONS; i++)
    if (server->connections[i].fd >= 0)
      drop(&server->connections[i], false);
  for (size_t i = 0; i < server->request_count; i++)
    free(server->requests[i]);
  free(server->replies);
  close(server->listener);
  close(server->stop[0]);
  close(server->stop[1]);
  free(server);
}
