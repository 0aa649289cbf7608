#include <config.h>

#include "aws/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/context.h"
#include "aws/source.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http-server.h"
#include "registry/digest.h"
#include "unit.h"

enum { REPOSITORIES = 40 };

static const char *const none[] = {NULL};

static const char *get_key(void *arg, const char *name) {
  (void)arg;
  if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
    return "AKIATEST";
  if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
    return "secret";
  /* Nobody's files. */
  if (strcmp(name, "AWS_CONFIG_FILE") == 0 || strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
    return "/dev/null";
  return NULL;
}

static int64_t get_time(void *arg) {
  (void)arg;
  return 0;
}

/* An answer with BODY (taken over). */
static char *reply(const char *status, char *body) {
  char *text =
      xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
  free(body);
  return text;
}

/* COUNT repositories of ACCOUNT. */
static char *repositories(const char *account, size_t count) {
  struct strbuf text = STRBUF(1 << 20);
  for (size_t i = 0; i < count; i++)
    strbuf_printf(&text, "%s{\"repositoryName\":\"r%03zu\",\"registryId\":\"%s\"}",
                  i > 0 ? "," : "", i, account);
  char *body = xasprintf("{\"repositories\":[%s]}", strbuf_str(&text));
  strbuf_free(&text);
  return reply("200 OK", body);
}

static char *image(void) {
  return reply(
      "200 OK",
      xasprintf("{\"imageDetails\":[{\"imageDigest\":\"sha256:%064d\",\"imageTags\":[\"t\"],"
                "\"imageSizeInBytes\":1,\"imagePushedAt\":1}]}",
                1));
}

static char *throttled(void) {
  return reply("400 Bad Request", xstrdup("{\"__type\":\"ThrottlingException\"}"));
}

/* A run over some servers, each an account; without manifests, so that there is one call for the
   repositories and one for the images of each. */
struct trial {
  struct inventory_options options;
  size_t calls;          /* under way at most; 0: 2 */
  bool own[4];           /* by server: it is an endpoint of AWS's own */
  size_t found;          /* images */
  size_t found_at_first; /* when the first row came */
  struct strbuf origins; /* of the rows, each once in a row */
  size_t rows;
  bool stop; /* at the first rows */
  struct inventory *inventory;
  char notes[256];
};

static void count(void *arg, size_t found, size_t done) {
  struct trial *trial = arg;
  (void)done;
  trial->found += found;
}

static void take(void *arg, struct record_set *rows) {
  struct trial *trial = arg;
  if (trial->rows == 0)
    trial->found_at_first = trial->found;
  for (size_t i = 0; i < rows->count; i++) {
    const char *const *cell = rows->rows[i].cell;
    cleanup(cleanup_free) char *text =
        xasprintf("%s %s\n", cell[RECORD_ORIGIN], cell[RECORD_STATUS]);
    if (!strstr(strbuf_str(&trial->origins), text))
      strbuf_puts(&trial->origins, text);
  }
  trial->rows += rows->count;
  if (trial->stop)
    inventory_stop(trial->inventory);
}

static void take_note(void *arg, const char *text) {
  struct trial *trial = arg;
  (void)snprintf(trial->notes, sizeof trial->notes, "%s", text);
}

/* Lists what the servers have; ACCOUNTS: as they are known beforehand, NULL: not. With SAME all are
   asked at the first one's address. */
static void run(struct trial *trial, struct server *const *servers, const char *const *accounts,
                size_t servers_count, bool same) {
  const struct aws_context context = {.env = get_key, .now = get_time};
  struct error *error = NULL;
  struct http *http = http_new(&(struct http_options){.jobs = trial->calls > 0 ? trial->calls : 2,
                                                      .max_retries = 20,
                                                      .backoff_ms = 1,
                                                      .stop_fd = -1},
                               &error);
  ck_assert_ptr_nonnull(http);
  trial->options.repositories = none;
  if (trial->options.jobs == 0)
    trial->options.jobs = 2;
  trial->options.progress = count;
  trial->options.progress_arg = trial->options.note_arg = trial;
  trial->options.note = take_note;
  trial->origins = (struct strbuf)STRBUF(4096);
  struct inventory *inventory = inventory_new(http, &trial->options, take, trial);
  trial->inventory = inventory;
  struct aws_source *source = aws_source_new(&context, NULL, &(struct aws_source_options){0});
  struct ecr *clients[4];
  for (size_t i = 0; i < servers_count; i++) {
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", server_port(servers[same ? 0 : i]));
    clients[i] = ecr_new(http, source, "us-east-1", url);
    const struct inventory_scope scope = {.ecr = clients[i],
                                          .own = trial->own[i],
                                          .label = i == 0 ? "first" : "other",
                                          .account = accounts[i]};
    inventory_add(inventory, &scope);
  }
  ck_assert_int_eq(inventory_run(inventory, &error), 0);
  ck_assert_ptr_null(error);
  http_free(http);
  inventory_free(inventory);
  for (size_t i = 0; i < servers_count; i++)
    ecr_free(clients[i]);
  aws_source_free(source);
}

/* A server with REPOSITORIES repositories, which throttles the first TIMES calls for images. */
struct account {
  char *texts[3];
  struct server_reply *replies;
  struct server *server;
};

static void start(struct account *account, const char *id, size_t count_of_repositories,
                  size_t times) {
  account->texts[0] = repositories(id, count_of_repositories);
  account->texts[1] = throttled();
  account->texts[2] = image();
  account->replies = xcalloc(times + 2, sizeof *account->replies);
  account->replies[0] = (struct server_reply){.text = account->texts[0], .then = SERVER_KEEP};
  for (size_t i = 0; i < times; i++)
    account->replies[i + 1] = (struct server_reply){.text = account->texts[1], .then = SERVER_KEEP};
  account->replies[times + 1] =
      (struct server_reply){.text = account->texts[2], .then = SERVER_KEEP};
  account->server =
      server_start(&(struct server_script){.replies = account->replies, .count = times + 2});
}

static void end(struct account *account) {
  server_free(account->server);
  for (size_t i = 0; i < 3; i++)
    free(account->texts[i]);
  free(account->replies);
}

static const char *const unknown[] = {NULL, NULL};

START_TEST(accounts_come_in_order) {
  struct account slow, quick;
  start(&slow, "111111111111", REPOSITORIES, 30);
  start(&quick, "222222222222", REPOSITORIES, 0);
  /* All at once, so that no call meets many of the throttlings. */
  struct trial trial = {.options = {.jobs = 2 * REPOSITORIES}};
  run(&trial, (struct server *[]){slow.server, quick.server}, unknown, 2, false);
  ck_assert_uint_eq(trial.rows, 2 * REPOSITORIES);
  ck_assert_str_eq(strbuf_str(&trial.origins),
                   "111111111111/us-east-1 ok\n222222222222/us-east-1 ok\n");
  strbuf_free(&trial.origins);
  end(&slow);
  end(&quick);
}
END_TEST

/* However slow the first is: the other stops when there is no more room. */
START_TEST(what_waits_for_its_turn_is_bounded) {
  struct account slow, quick;
  start(&slow, "111111111111", 1, 8);
  start(&quick, "222222222222", REPOSITORIES, 0);
  struct trial trial = {.options = {.max_held = 1}};
  run(&trial, (struct server *[]){slow.server, quick.server}, unknown, 2, false);
  /* Its own one, and those of the other that are worked on together. */
  ck_assert_uint_le(trial.found_at_first, 1 + 2);
  ck_assert_uint_eq(trial.rows, 1 + REPOSITORIES);
  ck_assert_str_eq(strbuf_str(&trial.origins),
                   "111111111111/us-east-1 ok\n222222222222/us-east-1 ok\n");
  strbuf_free(&trial.origins);
  end(&slow);
  end(&quick);
}
END_TEST

START_TEST(who_stops_gets_no_more) {
  struct account first, other;
  start(&first, "111111111111", REPOSITORIES, 0);
  start(&other, "222222222222", REPOSITORIES, 0);
  struct trial trial = {.stop = true};
  run(&trial, (struct server *[]){first.server, other.server}, unknown, 2, false);
  ck_assert_uint_eq(trial.rows, 1);
  strbuf_free(&trial.origins);
  end(&first);
  end(&other);
}
END_TEST

START_TEST(a_registry_that_is_known_beforehand_is_asked_once) {
  struct account account;
  start(&account, "111111111111", 3, 0);
  struct trial trial = {.rows = 0};
  run(&trial, &account.server, (const char *[]){"111111111111", "111111111111"}, 2, true);
  ck_assert_uint_eq(trial.rows, 3);
  ck_assert_str_eq(trial.notes, "other: 111111111111/us-east-1 is listed already, by first");
  server_stop(account.server);
  ck_assert_uint_eq(server_requests(account.server), 1 + 3);
  strbuf_free(&trial.origins);
  end(&account);
}
END_TEST

/* The first lets nobody in: the other may be let in. */
START_TEST(another_way_into_a_registry_is_tried) {
  struct account account;
  start(&account, "111111111111", 3, 0);
  cleanup(cleanup_free) char *denied =
      reply("400 Bad Request", xstrdup("{\"__type\":\"AccessDeniedException\"}"));
  const struct server_reply replies[] = {{.text = denied, .then = SERVER_KEEP},
                                         {.text = account.texts[0], .then = SERVER_KEEP},
                                         {.text = account.texts[2], .then = SERVER_KEEP}};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = 3});
  struct trial trial = {.rows = 0};
  run(&trial, &server, (const char *[]){"111111111111", "111111111111"}, 2, true);
  ck_assert_uint_eq(trial.rows, 1 + 3);
  ck_assert_str_eq(strbuf_str(&trial.origins),
                   "111111111111/us-east-1 denied\n111111111111/us-east-1 ok\n");
  strbuf_free(&trial.origins);
  server_free(server);
  end(&account);
}
END_TEST

/* The FIPS and the plain endpoint of a region, say; one that is configured can be anything. */
static void lists_of_two_endpoints(bool first_own, bool other_own, size_t rows) {
  for (int known = 0; known < 2; known++) {
    struct account first, other;
    start(&first, "111111111111", 3, 0);
    start(&other, "111111111111", 3, 0);
    const char *account = known ? "111111111111" : NULL;
    struct trial trial = {.own = {first_own, other_own}};
    run(&trial, (struct server *[]){first.server, other.server}, (const char *[]){account, account},
        2, false);
    ck_assert_uint_eq(trial.rows, rows);
    ck_assert_str_eq(trial.notes,
                     rows > 3 ? "" : "other: 111111111111/us-east-1 is listed already, by first");
    strbuf_free(&trial.origins);
    end(&first);
    end(&other);
  }
}

START_TEST(endpoints_of_aws_lead_to_the_same_registry) {
  lists_of_two_endpoints(true, true, 3);
}
END_TEST

START_TEST(endpoints_that_are_configured_do_not) {
  lists_of_two_endpoints(false, false, 6);
  lists_of_two_endpoints(true, false, 6);
  lists_of_two_endpoints(false, true, 6);
}
END_TEST

/* A place that nobody can ask. */
START_TEST(a_failure_without_a_place_is_a_row) {
  struct trial trial = {.rows = 0, .options = {.repositories = none}, .origins = STRBUF(4096)};
  struct error *error = NULL, *trouble = NULL;
  error_set(&trouble, STATUS_LOCAL, "no region");
  struct http *http = http_new(&(struct http_options){.jobs = 2, .stop_fd = -1}, &error);
  ck_assert_ptr_nonnull(http);
  struct inventory *inventory = inventory_new(http, &trial.options, take, &trial);
  const struct inventory_scope scopes[] = {
      {.label = "profile a", .error = trouble},
      {.label = "profile a", .error = trouble, .region = "eu-west-1"},
      {.label = "b", .error = trouble, .region = "eu-west-1", .account = "111111111111"},
      {.label = "c", .error = trouble, .region = "eu-west-1", .account = "111111111111"}};
  for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
    inventory_add(inventory, &scopes[i]);
  ck_assert_int_eq(inventory_run(inventory, &error), 0);
  ck_assert_uint_eq(trial.rows, 4);
  ck_assert_str_eq(strbuf_str(&trial.origins),
                   "-/- network\n-/eu-west-1 network\n111111111111/eu-west-1 network\n");
  error_free(trouble);
  http_free(http);
  inventory_free(inventory);
  strbuf_free(&trial.origins);
}
END_TEST

/* To whatever is asked: the repository of an account, and its image. */
static char *everything(void) {
  return reply(
      "200 OK",
      xasprintf("{\"repositories\":[{\"repositoryName\":\"app\",\"registryId\":"
                "\"111111111111\"}],\"imageDetails\":[{\"imageDigest\":\"sha256:%064d\"}]}",
                1));
}

/* Two ways into one registry, which says whose it is in its last reply only; each is one call for
   images at the end. */
static void lists_once(const struct server_reply *replies, size_t count_of_replies) {
  struct server *server =
      server_start(&(struct server_script){.replies = replies, .count = count_of_replies});
  struct trial trial = {.rows = 0};
  run(&trial, &server, unknown, 2, true);
  ck_assert_uint_eq(trial.rows, 1);
  ck_assert_str_eq(trial.notes, "other: 111111111111/us-east-1 is listed already, by first");
  server_free(server);
  strbuf_free(&trial.origins);
}

/* An empty page does not say whose the registry is. */
START_TEST(a_registry_that_turns_out_to_be_the_same_is_listed_once) {
  cleanup(cleanup_free) char *empty =
      reply("200 OK", xstrdup("{\"repositories\":[],\"nextToken\":\"more\"}"));
  cleanup(cleanup_free) char *all = everything();
  const struct server_reply replies[] = {{.text = empty, .then = SERVER_KEEP},
                                         {.text = all, .then = SERVER_KEEP}};
  lists_once(replies, 2);
}
END_TEST

START_TEST(who_is_quicker_waits_for_the_first_to_say_who_it_is) {
  cleanup(cleanup_free) char *later = throttled();
  cleanup(cleanup_free) char *all = everything();
  const struct server_reply replies[] = {
      {.text = later, .then = SERVER_KEEP}, {.text = all, .then = SERVER_KEEP},
      {.text = later, .then = SERVER_KEEP}, {.text = later, .then = SERVER_KEEP},
      {.text = later, .then = SERVER_KEEP}, {.text = all, .then = SERVER_KEEP}};
  lists_once(replies, 6);
}
END_TEST

/* The images of 101, one more than a call takes, from FIRST on: BEFORE, the digest, BEHIND. */
static char *images(const char *name, size_t first, const char *before, const char *behind) {
  struct strbuf text = STRBUF(1 << 20);
  for (size_t i = first; i <= 100; i++)
    strbuf_printf(&text, "%s{%s\"imageDigest\":\"sha256:%03zu%061d\"%s}", i > first ? "," : "",
                  before, i, 0, behind);
  char *list = xasprintf("{\"images\":[],\"%s\":[%s]}", name, strbuf_str(&text));
  strbuf_free(&text);
  return reply("200 OK", list);
}

/* A page of images that leads to another: the one with NUMBER, or none. */
static char *page_of_few(size_t number, bool has_image) {
  cleanup(cleanup_free) char *item =
      xasprintf("{\"imageDigest\":\"sha256:%03zu%061d\",\"imageTags\":[\"t\"]}", number, 0);
  return reply("200 OK", xasprintf("{\"imageDetails\":[%s],\"nextToken\":\"t%zu\"}",
                                   has_image ? item : "", number));
}

/* Pages in a row that bring nothing end, and one that brings something begins the count anew. */
START_TEST(pages_without_images_end) {
  enum { PAGES = 60 };
  for (size_t images_at = 1; images_at <= 16; images_at += 15) {
    char *texts[PAGES + 2];
    struct server_reply replies[PAGES + 2];
    texts[0] = repositories("111111111111", 1);
    for (size_t i = 1; i <= PAGES; i++)
      texts[i] = page_of_few(i, images_at > 1 && i % images_at == 0);
    texts[PAGES + 1] = image();
    for (size_t i = 0; i < PAGES + 2; i++)
      replies[i] = (struct server_reply){.text = texts[i], .then = SERVER_KEEP};
    struct server *server =
        server_start(&(struct server_script){.replies = replies, .count = PAGES + 2});
    struct trial trial = {.calls = 1};
    run(&trial, &server, unknown, 1, false);
    ck_assert_str_eq(strbuf_str(&trial.origins), images_at > 1
                                                     ? "111111111111/us-east-1 ok\n"
                                                     : "111111111111/us-east-1 server_error\n");
    ck_assert_uint_eq(trial.rows, images_at > 1 ? PAGES / images_at + 1 : 1);
    server_free(server);
    strbuf_free(&trial.origins);
    for (size_t i = 0; i < PAGES + 2; i++)
      free(texts[i]);
  }
}
END_TEST

/* Whatever it brings. */
START_TEST(a_page_that_leads_to_itself_ends_the_list) {
  char *texts[] = {repositories("111111111111", 1), page_of_few(1, true), page_of_few(1, true),
                   image()};
  enum { TEXTS = sizeof texts / sizeof *texts };
  char *other = strstr(texts[2], "sha256:001");
  ck_assert_ptr_nonnull(other);
  other[9] = '2';
  struct server_reply replies[TEXTS];
  for (size_t i = 0; i < TEXTS; i++)
    replies[i] = (struct server_reply){.text = texts[i], .then = SERVER_KEEP};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = TEXTS});
  struct trial trial = {.calls = 1};
  run(&trial, &server, unknown, 1, false);
  ck_assert_ptr_nonnull(strstr(strbuf_str(&trial.origins), " server_error\n"));
  server_free(server);
  strbuf_free(&trial.origins);
  for (size_t i = 0; i < TEXTS; i++)
    free(texts[i]);
}
END_TEST

/* An answer that did would let go of what the other call still waits for. */
START_TEST(an_answer_tells_nothing_of_what_another_call_asks_for) {
  cleanup(cleanup_free) char *repository = repositories("111111111111", 1);
  cleanup(cleanup_free) char *listed = images("imageDetails", 0, "", ",\"imageTags\":[\"t\"]");
  cleanup(cleanup_free) char *other =
      images("failures", 100, "\"imageId\":{", "},\"failureCode\":\"ImageNotFound\"");
  cleanup(cleanup_free) char *own =
      images("failures", 100, "\"imageId\":{", "},\"failureCode\":\"UpstreamAccessDenied\"");
  const struct server_reply replies[] = {{.text = repository, .then = SERVER_KEEP},
                                         {.text = listed, .then = SERVER_KEEP},
                                         {.text = other, .then = SERVER_KEEP},
                                         {.text = own, .then = SERVER_KEEP}};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = 4});
  struct trial trial = {.options = {.manifests = true}, .calls = 1};
  run(&trial, &server, unknown, 1, false);
  ck_assert_uint_eq(trial.rows, 101);
  ck_assert_str_eq(strbuf_str(&trial.origins),
                   "111111111111/us-east-1 server_error\n111111111111/us-east-1 denied\n");
  server_free(server);
  strbuf_free(&trial.origins);
}
END_TEST

/* Makes JSON of MANIFEST, which has ' for ", and its DIGEST; as a string in an answer; caller
   frees. */
static char *as_answered(char *manifest, char digest[DIGEST_SHA256_SIZE]) {
  for (char *at = manifest; (at = strchr(at, '\'')); at++)
    *at = '"';
  digest_of(manifest, strlen(manifest), digest);
  struct strbuf quoted = STRBUF(4096);
  for (const char *at = manifest; *at; at++)
    strbuf_printf(&quoted, "%s%c", *at == '"' ? "\\" : "", *at);
  return strbuf_take(&quoted);
}

/* An index and what it lists beside images, in a call that is too large: the one that is no longer
   asked for comes last. */
START_TEST(what_is_not_needed_any_more_is_waited_for) {
  char other[DIGEST_SHA256_SIZE] = "sha256:";
  memset(other + strlen(other), '7', 64);
  cleanup(cleanup_free) char *index = xasprintf(
      "{'schemaVersion':2,'manifests':[{'mediaType':'text/plain','size':1,'digest':'%s'}]}", other);
  char digest[DIGEST_SHA256_SIZE];
  cleanup(cleanup_free) char *quoted = as_answered(index, digest);
  cleanup(cleanup_free) char *repository = repositories("111111111111", 1);
  cleanup(cleanup_free) char *listed = reply(
      "200 OK",
      xasprintf("{\"imageDetails\":[{\"imageDigest\":\"%s\",\"imageManifestMediaType\":"
                "\"application/vnd.oci.image.index.v1+json\"},{\"imageDigest\":\"%s\","
                "\"imageManifestMediaType\":\"application/vnd.oci.image.manifest.v1+json\"}]}",
                digest, other));
  cleanup(cleanup_free) char *large =
      reply("200 OK", xasprintf("%*s", (int)ECR_ANSWER_MAX + 1, ""));
  cleanup(cleanup_free) char *one =
      reply("200 OK", xasprintf("{\"images\":[{\"imageId\":{\"imageDigest\":\"%s\"},"
                                "\"imageManifest\":\"%s\"}]}",
                                digest, quoted));
  cleanup(cleanup_free) char *none_left = reply("200 OK", xstrdup("{\"images\":[]}"));
  const struct server_reply replies[] = {{.text = repository, .then = SERVER_KEEP},
                                         {.text = listed, .then = SERVER_KEEP},
                                         {.text = large, .then = SERVER_KEEP},
                                         {.text = one, .then = SERVER_KEEP},
                                         {.text = none_left, .then = SERVER_KEEP}};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = 5});
  struct trial trial = {.options = {.manifests = true}, .calls = 1};
  run(&trial, &server, unknown, 1, false);
  ck_assert_str_eq(strbuf_str(&trial.origins), "111111111111/us-east-1 artifact\n");
  ck_assert_uint_eq(server_requests(server), 5);
  server_free(server);
  strbuf_free(&trial.origins);
}
END_TEST

/* A page: BEFORE, then images FIRST to LAST, each with a tag of its own, and REST of the answer. */
static char *page(const char *before, size_t first, size_t last, const char *rest) {
  struct strbuf text = STRBUF(1 << 20);
  strbuf_puts(&text, before);
  for (size_t i = first; i <= last; i++)
    strbuf_printf(&text, "%s{\"imageDigest\":\"sha256:%03zu%061d\",\"imageTags\":[\"t%zu\"]}",
                  text.length > 0 ? "," : "", i, 0, i);
  char *body = xasprintf("{\"imageDetails\":[%s]%s}", strbuf_str(&text), rest);
  strbuf_free(&text);
  return reply("200 OK", body);
}

/* What BatchGetImage says of images FIRST to LAST and, MORE, of others. */
static char *batch(size_t first, size_t last, const char *images_here, const char *more) {
  struct strbuf text = STRBUF(1 << 20);
  for (size_t i = first; i <= last; i++)
    strbuf_printf(&text,
                  "%s{\"imageId\":{\"imageDigest\":\"sha256:%03zu%061d\"},"
                  "\"failureCode\":\"UpstreamAccessDenied\"}",
                  i > first ? "," : "", i, 0);
  char *body =
      xasprintf("{\"images\":[%s],\"failures\":[%s%s]}", images_here, strbuf_str(&text), more);
  strbuf_free(&text);
  return reply("200 OK", body);
}

/* An index that is read, and found to list an image that cannot be had, before the page comes that
   says why. */
START_TEST(what_is_archived_may_be_told_late) {
  char child[DIGEST_SHA256_SIZE] = "sha256:";
  memset(child + strlen(child), '7', 64);
  cleanup(cleanup_free) char *index =
      xasprintf("{'schemaVersion':2,'manifests':[{'mediaType':"
                "'application/vnd.oci.image.manifest.v1+json','size':1,'digest':'%s'}]}",
                child);
  char digest[DIGEST_SHA256_SIZE];
  cleanup(cleanup_free) char *quoted = as_answered(index, digest);
  cleanup(cleanup_free) char *listed_index =
      xasprintf("{\"imageDigest\":\"%s\",\"imageTags\":[\"t\"]}", digest);
  cleanup(cleanup_free) char *its_manifest =
      xasprintf("{\"imageId\":{\"imageDigest\":\"%s\"},\"imageManifest\":\"%s\"}", digest, quoted);
  cleanup(cleanup_free) char *inaccessible =
      xasprintf(",{\"imageId\":{\"imageDigest\":\"%s\"},\"failureCode\":\"ImageNotFound\"}", child);
  cleanup(cleanup_free) char *archived =
      xasprintf("{\"imageDigest\":\"%s\",\"imageStatus\":\"ARCHIVED\","
                "\"imageManifestMediaType\":\"application/vnd.oci.image.manifest.v1+json\"}",
                child);
  /* The first hundred with the index, the next with what it lists. */
  cleanup(cleanup_free) char *repository = repositories("111111111111", 1);
  cleanup(cleanup_free) char *first = page(listed_index, 1, 99, ",\"nextToken\":\"2\"");
  cleanup(cleanup_free) char *second = page("", 101, 199, ",\"nextToken\":\"3\"");
  cleanup(cleanup_free) char *manifests = batch(1, 99, its_manifest, "");
  cleanup(cleanup_free) char *third = page("", 1, 0, ",\"nextToken\":\"4\"");
  cleanup(cleanup_free) char *others = batch(101, 199, "", inaccessible);
  cleanup(cleanup_free) char *fourth = page(archived, 1, 0, "");
  const char *const texts[] = {repository, first, second, manifests, third, others, fourth};
  struct server_reply replies[7];
  for (size_t i = 0; i < 7; i++)
    replies[i] = (struct server_reply){.text = texts[i], .then = SERVER_KEEP};
  struct server *server = server_start(&(struct server_script){.replies = replies, .count = 7});
  struct trial trial = {.options = {.manifests = true}, .calls = 1};
  run(&trial, &server, unknown, 1, false);
  ck_assert_uint_eq(server_requests(server), 7);
  ck_assert_str_eq(strbuf_str(&trial.origins),
                   "111111111111/us-east-1 archived\n111111111111/us-east-1 denied\n");
  ck_assert_uint_eq(trial.rows, 199);
  server_free(server);
  strbuf_free(&trial.origins);
}
END_TEST

UNIT_MAIN("inventory", tcase_add_test(tcase, accounts_come_in_order);
          tcase_add_test(tcase, what_waits_for_its_turn_is_bounded);
          tcase_add_test(tcase, who_stops_gets_no_more);
          tcase_add_test(tcase, a_registry_that_is_known_beforehand_is_asked_once);
          tcase_add_test(tcase, another_way_into_a_registry_is_tried);
          tcase_add_test(tcase, endpoints_of_aws_lead_to_the_same_registry);
          tcase_add_test(tcase, endpoints_that_are_configured_do_not);
          tcase_add_test(tcase, a_failure_without_a_place_is_a_row);
          tcase_add_test(tcase, a_registry_that_turns_out_to_be_the_same_is_listed_once);
          tcase_add_test(tcase, who_is_quicker_waits_for_the_first_to_say_who_it_is);
          tcase_add_test(tcase, pages_without_images_end);
          tcase_add_test(tcase, a_page_that_leads_to_itself_ends_the_list);
          tcase_add_test(tcase, an_answer_tells_nothing_of_what_another_call_asks_for);
          tcase_add_test(tcase, what_is_not_needed_any_more_is_waited_for);
          tcase_add_test(tcase, what_is_archived_may_be_told_late);)
