/* bench-server: Amazon ECR's JSON API over images that exist nowhere, for `make bench`. What there
   is follows from the arguments alone: the same ones give the same bytes, and one image more
   changes no other. Digests are those of the bytes, so that a client that checks them is content.
   Far faster than its clients, so that they are what is measured; where it is not, /counts shows
   that it was never idle. Checks no signature; infra/local's local-ecr does. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "bench-images.h"

#define ACCOUNT "123456789012"
#define NANOSECOND INT64_C(1000000000)

enum {
  PAGE_MAX = 1000,
  PAGE_DEFAULT = 100,
  IDS_MAX = 100,
  EVENTS = 512,
  REQUEST_MAX = 64 * 1024,
  PORT = 0
};

/* What is counted and may be throttled, by name. */
enum operation { REPOSITORIES, IMAGES, BATCH, URL, BLOB, OTHER, OPERATIONS };
static const char *const names[OPERATIONS] = {
    "DescribeRepositories",   "DescribeImages", "BatchGetImage",
    "GetDownloadUrlForLayer", "blob",           "other"};

/* A token bucket; without a rate there is none. */
struct bucket {
  double rate, burst, tokens;
  int64_t filled; /* when */
};

struct tally {
  uint64_t calls, throttled, items;
};

struct connection {
  struct connection *next; /* that is due later */
  int fd;
  char in[REQUEST_MAX + 1];
  size_t in_length;
  struct text out;
  size_t sent;
  int64_t due; /* when its answer may go; 0: no answer waits */
};

struct server {
  struct images *images;
  int epoll, listener, timer;
  int port;
  int64_t latency;
  struct bucket buckets[OPERATIONS];
  struct tally tallies[OPERATIONS];
  uint64_t connections;
  /* Answers that wait for their time: all wait equally long, so it is a queue. */
  struct connection *first, *last;
  struct text body; /* of the answer that is being made */
};

static void die(const char *what) {
  (void)fprintf(stderr, "bench-server: %s: %s\n", what, strerror(errno));
  exit(2);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * NANOSECOND + time.tv_nsec;
}

/* ---- what is asked: only as much of JSON as clients of this API send ---- */

/* The string behind "KEY": in the body at *AT, which goes on behind it. NULL: none (any more). */
static const char *next_string(const char **at, const char *key, size_t *length) {
  size_t key_length = strlen(key);
  for (const char *found = *at; (found = strstr(found, key)); found += key_length) {
    if (found[-1] != '"' || found[key_length] != '"')
      continue;
    const char *value = found + key_length + 1;
    value += strspn(value, " :");
    if (*value != '"')
      continue;
    *length = strcspn(++value, "\"");
    *at = value + *length;
    return value;
  }
  return NULL;
}

static size_t number_of(const char *body, const char *key, size_t otherwise) {
  const char *found = strstr(body, key);
  if (!found)
    return otherwise;
  found += strlen(key);
  found += strspn(found, "\": ");
  return *found >= '0' && *found <= '9' ? strtoul(found, NULL, 10) : otherwise;
}

/* The repository of that name, whose slash may be escaped; SIZE_MAX: none that there is. */
static size_t repository_named(const struct server *server, const char *name, size_t length) {
  char plain[NAME_SIZE];
  size_t count = 0;
  for (size_t i = 0; i < length && count < sizeof plain; i++)
    if (name[i] != '\\')
      plain[count++] = name[i];
  return images_repository(server->images, plain, count);
}

/* The repository that the body names; SIZE_MAX: none that there is. */
static size_t repository_of(const struct server *server, const char *body) {
  size_t length;
  const char *name = next_string(&body, "repositoryName", &length);
  return name ? repository_named(server, name, length) : SIZE_MAX;
}

/* ---- answers ---- */

static int fail(struct text *out, const char *code, const char *message) {
  text_format(out, "{\"__type\":\"%s\",\"message\":\"%s\"}", code, message);
  return 400;
}

static int no_repository(struct text *out) {
  return fail(out, "RepositoryNotFoundException", "The repository does not exist in the registry");
}

/* From where to where the page goes that BODY asks for, of COUNT things. */
static void page_of(const char *body, size_t count, size_t *begin, size_t *end) {
  size_t size = number_of(body, "maxResults", PAGE_DEFAULT);
  *begin = number_of(body, "nextToken", 0);
  if (*begin > count)
    *begin = count;
  *end = count - *begin > size ? *begin + (size < PAGE_MAX ? size : PAGE_MAX) : count;
}

static void end_page(struct text *out, size_t end, size_t count) {
  text_puts(out, "]");
  if (end < count)
    text_format(out, ",\"nextToken\":\"%zu\"", end);
  text_puts(out, "}");
}

static void put_repository(struct text *out, size_t repository) {
  char name[NAME_SIZE];
  images_name(repository, name);
  text_format(out,
              "%s{\"repositoryArn\":\"arn:aws:ecr:us-east-1:" ACCOUNT
              ":repository/%s\",\"registryId\":\"" ACCOUNT
              "\",\"repositoryName\":\"%s\",\"repositoryUri\":\"" ACCOUNT
              ".dkr.ecr.us-east-1.amazonaws.com/%s\",\"createdAt\":1700000000,"
              "\"imageTagMutability\":\"MUTABLE\"}",
              out->data[out->length - 1] == '[' ? "" : ",", name, name, name);
}

static int describe_repositories(struct server *server, const char *body, struct text *out) {
  size_t count = images_repositories(server->images), begin, end, length;
  text_puts(out, "{\"repositories\":[");
  const char *list = strstr(body, "\"repositoryNames\"");
  if (list) {
    list += strlen("\"repositoryNames\"");
    for (const char *stop = strchr(list, ']'); stop && (list = strchr(list, '"')) && list < stop;) {
      length = strcspn(++list, "\"");
      size_t repository = repository_named(server, list, length);
      if (repository == SIZE_MAX) {
        out->length = 0;
        return no_repository(out);
      }
      put_repository(out, repository);
      list += length + 1;
    }
    text_puts(out, "]}");
    return 200;
  }
  page_of(body, count, &begin, &end);
  for (size_t i = begin; i < end; i++)
    put_repository(out, i);
  server->tallies[REPOSITORIES].items += end - begin;
  end_page(out, end, count);
  return 200;
}

static int describe_images(struct server *server, const char *body, struct text *out) {
  size_t repository = repository_of(server, body), begin, end;
  if (repository == SIZE_MAX)
    return no_repository(out);
  size_t count = images_listed(server->images);
  char name[NAME_SIZE];
  images_name(repository, name);
  page_of(body, count, &begin, &end);
  text_puts(out, "{\"imageDetails\":[");
  for (size_t i = begin; i < end; i++) {
    size_t image = images_at(server->images, repository, i);
    text_format(out,
                "%s{\"registryId\":\"" ACCOUNT "\",\"repositoryName\":\"%s\",\"imageDigest\":\"",
                i > begin ? "," : "", name);
    images_put_digest(server->images, image, out);
    text_puts(out, "\",");
    images_put_tags(server->images, image, out);
    text_format(out,
                "\"imageSizeInBytes\":%d,\"imagePushedAt\":%zu.0,\"imageManifestMediaType\":"
                "\"%s\",%s\"lastRecordedPullTime\":1750000000.0,\"imageStatus\":\"ACTIVE\"}",
                IMAGE_BYTES, 1700000000 + image % 10000000,
                images_media_type(server->images, image),
                images_is_index(server->images, image)
                    ? ""
                    : "\"artifactMediaType\":\"application/vnd.oci.image.config.v1+json\",");
  }
  server->tallies[IMAGES].items += end - begin;
  end_page(out, end, count);
  return 200;
}

static int batch_get_image(struct server *server, const char *body, struct text *out) {
  size_t repository = repository_of(server, body), length, count = 0;
  if (repository == SIZE_MAX)
    return no_repository(out);
  char name[NAME_SIZE];
  images_name(repository, name);
  struct text failures = {NULL, 0, 0};
  text_puts(out, "{\"images\":[");
  for (const char *digest; (digest = next_string(&body, "imageDigest", &length)); count++) {
    size_t image = images_find(server->images, repository, digest, length);
    if (image == SIZE_MAX) {
      text_format(&failures,
                  "%s{\"imageId\":{\"imageDigest\":\"%.*s\"},\"failureCode\":\"ImageNotFound\","
                  "\"failureReason\":\"Requested image not found\"}",
                  failures.length > 0 ? "," : "", (int)length, digest);
      continue;
    }
    text_format(out,
                "%s{\"registryId\":\"" ACCOUNT
                "\",\"repositoryName\":\"%s\",\"imageId\":{\"imageDigest\":\"%.*s\"},"
                "\"imageManifest\":\"",
                out->data[out->length - 1] == '[' ? "" : ",", name, (int)length, digest);
    images_put_manifest(server->images, image, true, out);
    text_format(out, "\",\"imageManifestMediaType\":\"%s\"}",
                images_media_type(server->images, image));
  }
  text_puts(out, "],\"failures\":[");
  if (failures.length > 0)
    text_put(out, failures.data, failures.length);
  text_puts(out, "]}");
  free(failures.data);
  server->tallies[BATCH].items += count;
  if (count >= 1 && count <= IDS_MAX)
    return 200;
  out->length = 0;
  return fail(out, "InvalidParameterException", "imageIds takes 1 to 100, each by imageDigest");
}

static int download_url(struct server *server, const char *body, struct text *out) {
  size_t repository = repository_of(server, body), length;
  if (repository == SIZE_MAX)
    return no_repository(out);
  const char *digest = next_string(&body, "layerDigest", &length);
  size_t image = digest ? images_find_config(server->images, repository, digest, length) : SIZE_MAX;
  if (image == SIZE_MAX)
    return fail(out, "LayersNotFoundException", "The layer does not exist");
  server->tallies[URL].items++;
  text_format(out,
              "{\"downloadUrl\":\"http://127.0.0.1:%d/blob/%zu?X-Amz-Signature=0\","
              "\"layerDigest\":\"%.*s\"}",
              server->port, image, (int)length, digest);
  return 200;
}

static int blob(struct server *server, const char *path, struct text *out) {
  size_t image = strtoul(path, NULL, 10);
  if (image >= images_count(server->images) || images_is_index(server->images, image))
    return 404;
  server->tallies[BLOB].items++;
  images_put_config(server->images, image, out);
  return 200;
}

static void put_counts(const struct server *server, struct text *out) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  text_puts(out, "operation\tcalls\tthrottled\titems\n");
  for (size_t i = 0; i < OPERATIONS; i++)
    text_format(out, "%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", names[i],
                server->tallies[i].calls, server->tallies[i].throttled, server->tallies[i].items);
  text_format(out, "connections\t%" PRIu64 "\t0\t0\n", server->connections);
  text_format(out, "cpu-ms\t%ld\t0\t0\n",
              (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000L +
                  (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000L);
}

/* ---- a request ---- */

static bool is_throttled(struct server *server, enum operation operation) {
  struct bucket *bucket = &server->buckets[operation];
  if (bucket->rate <= 0)
    return false;
  int64_t time = now();
  bucket->tokens += (double)(time - bucket->filled) / (double)NANOSECOND * bucket->rate;
  if (bucket->tokens > bucket->burst)
    bucket->tokens = bucket->burst;
  bucket->filled = time;
  if (bucket->tokens < 1) {
    server->tallies[operation].throttled++;
    return true;
  }
  bucket->tokens--;
  return false;
}

static enum operation operation_of(const char *head) {
  const char *target = strcasestr(head, "\nx-amz-target:");
  if (target && (target = strstr(target, "V20150921.")))
    for (enum operation i = REPOSITORIES; i <= URL; i++)
      if (strncmp(target + strlen("V20150921."), names[i], strlen(names[i])) == 0)
        return i;
  return OTHER;
}

/* Answers what HEAD and BODY (each NUL-terminated) ask, to OUT. The HTTP status. */
static int answer(struct server *server, const char *head, const char *body, struct text *out) {
  if (strncmp(head, "GET /counts", strlen("GET /counts")) == 0) {
    put_counts(server, out);
    return 200;
  }
  const char *blob_path =
      strncmp(head, "GET /blob/", strlen("GET /blob/")) == 0 ? head + strlen("GET /blob/") : NULL;
  enum operation operation = blob_path ? BLOB : operation_of(head);
  server->tallies[operation].calls++;
  if (is_throttled(server, operation))
    return fail(out, "ThrottlingException", "Rate exceeded");
  if (operation <= URL && !strcasestr(head, "\nauthorization: AWS4-HMAC-SHA256 "))
    return fail(out, "MissingAuthenticationTokenException", "Missing Authentication Token");
  switch (operation) {
  case REPOSITORIES:
    return describe_repositories(server, body, out);
  case IMAGES:
    return describe_images(server, body, out);
  case BATCH:
    return batch_get_image(server, body, out);
  case URL:
    return download_url(server, body, out);
  case BLOB:
    return blob(server, blob_path, out);
  default:
    return fail(out, "UnknownOperationException", "no such operation");
  }
}

/* ---- connections ---- */

static void watch(const struct server *server, struct connection *connection, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = connection}};
  epoll_ctl(server->epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

static void drop(struct connection *connection) {
  close(connection->fd);
  free(connection->out.data);
  free(connection);
}

/* Sends what there is. False: the connection broke, and is gone. */
static bool transmit(const struct server *server, struct connection *connection) {
  while (connection->sent < connection->out.length) {
    ssize_t count = send(connection->fd, connection->out.data + connection->sent,
                         connection->out.length - connection->sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) {
      watch(server, connection, EPOLLIN | EPOLLOUT);
      return true;
    }
    if (count < 0) {
      drop(connection);
      return false;
    }
    connection->sent += (size_t)count;
  }
  if (connection->sent > 0)
    watch(server, connection, EPOLLIN);
  connection->out.length = connection->sent = 0;
  return true;
}

static void set_timer(const struct server *server) {
  if (!server->first)
    return;
  const struct itimerspec when = {.it_value = {.tv_sec = server->first->due / NANOSECOND,
                                               .tv_nsec = server->first->due % NANOSECOND}};
  timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Answers the request in the connection's buffer if it is whole. False: there is none. */
static bool serve(struct server *server, struct connection *connection) {
  char *end = strstr(connection->in, "\r\n\r\n");
  if (!end)
    return false;
  end += strlen("\r\n\r\n");
  const char *field = strcasestr(connection->in, "\ncontent-length:");
  size_t body_length =
      field && field < end ? strtoul(field + strlen("\ncontent-length:"), NULL, 10) : 0;
  size_t length = (size_t)(end - connection->in) + body_length;
  if (connection->in_length < length)
    return false;
  char following = connection->in[length];
  connection->in[length] = '\0';
  server->body.length = 0;
  end[-1] = '\0';
  int status = answer(server, connection->in, end, &server->body);
  connection->in[length] = following;
  connection->in_length -= length;
  memmove(connection->in, connection->in + length, connection->in_length + 1);
  struct text *out = &connection->out;
  text_format(out,
              "HTTP/1.1 %d %s\r\nContent-Type: application/x-amz-json-1.1\r\n"
              "x-amzn-RequestId: 6e2d0b4c-0000-4000-8000-000000000000\r\nContent-Length: %zu\r\n"
              "\r\n",
              status, status == 200 ? "OK" : "Bad Request", server->body.length);
  if (server->body.length > 0)
    text_put(out, server->body.data, server->body.length);
  return true;
}

/* Data has come, or the end. */
static void receive(struct server *server, struct connection *connection) {
  int64_t came = now();
  ssize_t count = recv(connection->fd, connection->in + connection->in_length,
                       REQUEST_MAX - connection->in_length, 0);
  if (count < 0 && errno == EAGAIN)
    return;
  if (count <= 0) {
    if (connection->due == 0)
      drop(connection);
    else
      watch(server, connection, 0); /* its answer finds out */
    return;
  }
  connection->in_length += (size_t)count;
  connection->in[connection->in_length] = '\0';
  if (connection->due != 0 || !serve(server, connection))
    return;
  if (server->latency == 0) {
    (void)transmit(server, connection);
    return;
  }
  connection->due = came + server->latency;
  connection->next = NULL;
  if (server->first)
    server->last->next = connection;
  else
    server->first = connection;
  server->last = connection;
  if (server->first == connection)
    set_timer(server);
}

static void send_due(struct server *server) {
  uint64_t expirations;
  (void)!read(server->timer, &expirations, sizeof expirations);
  int64_t time = now();
  while (server->first && server->first->due <= time) {
    struct connection *connection = server->first;
    server->first = connection->next;
    connection->due = 0;
    (void)transmit(server, connection);
  }
  set_timer(server);
}

static void welcome(struct server *server) {
  for (int fd; (fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
      die("memory");
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->fd = fd;
    server->connections++;
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = connection}};
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

/* ---- */

static void add(const struct server *server, int fd, void *what) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = what}};
  if (fd < 0 || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
    die("epoll");
}

static void listen_somewhere(struct server *server, const char *port_file) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (server->listener < 0 || bind(server->listener, (void *)&address, sizeof address) < 0 ||
      listen(server->listener, SOMAXCONN) < 0 ||
      getsockname(server->listener, (void *)&address, &length) < 0)
    die("socket");
  server->port = ntohs(address.sin_port);
  if (!port_file) {
    if (printf("%d\n", server->port) < 0 || fflush(stdout) != 0)
      die("standard output");
    return;
  }
  /* Whole or not there: who waits for it may read at any moment. */
  char beside[4096];
  (void)snprintf(beside, sizeof beside, "%s.new", port_file);
  FILE *file = fopen(beside, "w");
  if (!file || fprintf(file, "%d\n", server->port) < 0 || fclose(file) != 0 ||
      rename(beside, port_file) < 0)
    die(port_file);
}

static void run(struct server *server, int signals) {
  add(server, server->listener, &server->listener);
  add(server, server->timer, &server->timer);
  add(server, signals, NULL);
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(server->epoll, events, EVENTS, -1);
    bool due = false;
    for (int i = 0; i < count; i++) {
      void *what = events[i].data.ptr;
      if (!what)
        return;
      if (what == &server->listener)
        welcome(server);
      else if (what == &server->timer)
        due = true; /* last: it may end connections that others of these events are about */
      else if (events[i].events & EPOLLOUT)
        (void)transmit(server, what);
      else
        receive(server, what);
    }
    if (due)
      send_due(server);
  }
}

/* "OPERATION:RATE[:BURST]", calls a second, and how many at once after a rest: a tenth of a
   second's, when not said. */
static void set_throttle(struct server *server, const char *value) {
  const char *colon = strchr(value, ':');
  size_t length = colon ? (size_t)(colon - value) : 0;
  for (size_t i = 0; i < OPERATIONS; i++) {
    if (!colon || strlen(names[i]) != length || strncmp(names[i], value, length) != 0)
      continue;
    struct bucket *bucket = &server->buckets[i];
    char *end;
    bucket->rate = strtod(colon + 1, &end);
    bucket->burst = *end == ':' ? strtod(end + 1, NULL) : bucket->rate / 10;
    if (bucket->burst < 1)
      bucket->burst = 1;
    bucket->tokens = bucket->burst;
    bucket->filled = now();
    return;
  }
  (void)fprintf(stderr, "bench-server: no operation has that name: %s\n", value);
  exit(2);
}

static const char usage[] =
    "Usage: bench-server [OPTION]...\n\n"
    "Answers Amazon ECR's JSON API on 127.0.0.1 until SIGTERM, then writes what was called.\n\n"
    "  --repositories=N     repositories there are (1)\n"
    "  --images=N           tagged images in each (1000)\n"
    "  --children=N         each is an index of N untagged images (0: a single image)\n"
    "  --layers=N           of an image (5)\n"
    "  --latency-ms=N       from a request to its answer (0)\n"
    "  --throttle=OPERATION:RATE[:BURST]\n"
    "                       more than RATE calls a second are throttled; repeatable\n"
    "  --port-file=FILE     where the port is written once it listens (standard output)\n\n"
    "GET /counts tells, as TSV, the calls by operation, how many of them were throttled, and what\n"
    "they were about; connections accepted; and CPU time in milliseconds.\n";

int main(int argc, char **argv) {
  static const struct option options[] = {{"repositories", required_argument, NULL, 'r'},
                                          {"images", required_argument, NULL, 'i'},
                                          {"children", required_argument, NULL, 'c'},
                                          {"layers", required_argument, NULL, 'l'},
                                          {"latency-ms", required_argument, NULL, 'w'},
                                          {"throttle", required_argument, NULL, 't'},
                                          {"port-file", required_argument, NULL, 'p'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  struct server server = {.latency = 0};
  struct images_shape shape = {.repositories = 1, .images = 1000, .children = 0, .layers = 5};
  const char *port_file = NULL;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 'r':
      shape.repositories = strtoul(optarg, NULL, 10);
      break;
    case 'i':
      shape.images = strtoul(optarg, NULL, 10);
      break;
    case 'c':
      shape.children = strtoul(optarg, NULL, 10);
      break;
    case 'l':
      shape.layers = strtoul(optarg, NULL, 10);
      break;
    case 'w':
      server.latency = (int64_t)(strtod(optarg, NULL) * 1e6);
      break;
    case 't':
      set_throttle(&server, optarg);
      break;
    case 'p':
      port_file = optarg;
      break;
    case 'h':
      (void)fputs(usage, stdout);
      return 0;
    default:
      (void)fputs(usage, stderr);
      return 2;
    }
  }
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGTERM);
  sigaddset(&mask, SIGINT);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  server.images = images_new(&shape);
  server.epoll = epoll_create1(EPOLL_CLOEXEC);
  server.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  listen_somewhere(&server, port_file);
  run(&server, signalfd(-1, &mask, SFD_CLOEXEC));
  struct text counts = {NULL, 0, 0};
  put_counts(&server, &counts);
  bool written = fwrite(counts.data, 1, counts.length, stdout) == counts.length;
  return written && fclose(stdout) == 0 ? 0 : 2;
}
