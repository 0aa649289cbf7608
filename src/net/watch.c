#include <config.h>

#include "net/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hashmap.h"
#include "base/xalloc.h"
#include "net/proxy.h"
#include "net/quota.h"

struct count {
  char *host; /* "name:port" */
  size_t requests;
  size_t retries;
  size_t connections;
  struct quota quota;
};

struct http_watch {
  struct redactor *redactor;
  struct hashmap *hosts;
  unsigned long tries;
};

struct http_watch *http_watch_new(void) {
  struct http_watch *watch = xcalloc(1, sizeof *watch);
  watch->redactor = redactor_new();
  watch->hosts = hashmap_new();
  proxy_teach(watch->redactor);
  return watch;
}

struct redactor *http_watch_redactor(const struct http_watch *watch) {
  return watch->redactor;
}

static struct count *find_count(struct http_watch *watch, const char *origin) {
  const char *host = strstr(origin, "://");
  host = host ? host + 3 : origin;
  struct count *count = hashmap_get(watch->hosts, host);
  if (!count) {
    count = xcalloc(1, sizeof *count);
    count->host = xstrdup(host);
    hashmap_put(watch->hosts, count->host, count);
  }
  return count;
}

unsigned long watch_try(struct http_watch *watch, const char *origin, bool retry) {
  struct count *count = find_count(watch, origin);
  count->requests++;
  count->retries += retry;
  return ++watch->tries;
}

void watch_connected(struct http_watch *watch, const char *origin, size_t connections) {
  find_count(watch, origin)->connections += connections;
}

struct quota *watch_quota(struct http_watch *watch, const char *origin) {
  return &find_count(watch, origin)->quota;
}

struct list {
  const struct count **items;
  size_t count;
};

static void collect(void *arg, const char *key, void *value) {
  (void)key;
  struct list *list = arg;
  list->items[list->count++] = value;
}

static int compare(const void *a, const void *b) {
  const struct count *const *first = a, *const *second = b;
  return strcmp((*first)->host, (*second)->host);
}

/* All hosts by name; the caller frees its items. */
static struct list sorted(const struct http_watch *watch) {
  struct list list = {.items =
                          xcalloc(hashmap_count(watch->hosts) + 1, sizeof(const struct count *))};
  hashmap_each(watch->hosts, collect, &list);
  qsort(list.items, list.count, sizeof *list.items, compare);
  return list;
}

void http_watch_each(const struct http_watch *watch, void (*each)(void *arg, const char *line),
                     void *arg) {
  struct list list = sorted(watch);
  for (size_t i = 0; i < list.count; i++) {
    const struct count *count = list.items[i];
    cleanup(cleanup_free) char *left =
        count->quota.window > 0 ? quota_text(&count->quota) : xstrdup("");
    cleanup(cleanup_free) char *line = xasprintf(
        "%s: %zu request%s, %zu retr%s, %zu connection%s%s%s", count->host, count->requests,
        count->requests == 1 ? "" : "s", count->retries, count->retries == 1 ? "y" : "ies",
        count->connections, count->connections == 1 ? "" : "s", *left ? "; " : "", left);
    /* A server can lead to hosts of any name. */
    cleanup(cleanup_free) char *seen = redacted(watch->redactor, line);
    each(arg, seen);
  }
  free(list.items);
}

void http_watch_spent(const struct http_watch *watch, int64_t now,
                      void (*each)(void *arg, const char *line), void *arg) {
  struct list list = sorted(watch);
  for (size_t i = 0; i < list.count; i++) {
    if (quota_ask(&list.items[i]->quota, now) != QUOTA_SPENT)
      continue;
    cleanup(cleanup_free) char *text = quota_spent_text(&list.items[i]->quota);
    cleanup(cleanup_free) char *line = xasprintf("%s: %s", list.items[i]->host, text);
    cleanup(cleanup_free) char *seen = redacted(watch->redactor, line);
    each(arg, seen);
  }
  free(list.items);
}

static void free_count(void *arg, const char *key, void *value) {
  (void)arg;
  (void)key;
  struct count *count = value;
  free(count->host);
  free(count);
}

void http_watch_free(struct http_watch *watch) {
  if (!watch)
    return;
  redactor_free(watch->redactor);
  hashmap_each(watch->hosts, free_count, NULL);
  hashmap_free(watch->hosts);
  free(watch);
}
