#include <config.h>

#include "aws/chain.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aws-world.h"
#include "aws/source.h"
#include "files.h"

/* Which provider has the keys: the tables in credentials/ say it for each provider alone (in the
   order in which they win), for each pair of them, and for what is special. The AWS CLI's own
   library is held against the same tables in tests/peers/credentials.py, which see for the columns.
 */

#define URL "http://127.0.0.1:1"
#define ROLES "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"

enum { ROWS_MAX = 128, COLUMNS = 9, TEXT_MAX = 64 * 1024 };

struct row {
  char *line; /* owned; the cells are in it */
  const char *name, *profile, *env, *config, *more, *credentials, *method, *provider, *key;
};

struct table {
  struct row rows[ROWS_MAX];
  size_t count;
};

/* ---- tables ---- */

static void read_table(struct table *table, const char *name) {
  table->count = 0;
  const char *srcdir = getenv("srcdir");
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/tests/unit/credentials/%s", srcdir ? srcdir : ".", name);
  FILE *file = fopen(path, "r");
  ck_assert_msg(file != NULL, "%s", path);
  char *line = NULL;
  size_t size = 0;
  for (bool header = true; getline(&line, &size, file) > 0; header = false) {
    if (header)
      continue;
    ck_assert_uint_lt(table->count, ROWS_MAX);
    struct row *row = &table->rows[table->count++];
    row->line = xstrdup(line);
    row->line[strcspn(row->line, "\n")] = '\0';
    const char **cells[COLUMNS] = {&row->name,   &row->profile,  &row->env,
                                   &row->config, &row->more,     &row->credentials,
                                   &row->method, &row->provider, &row->key};
    char *rest = row->line;
    for (int i = 0; i < COLUMNS; i++) {
      char *cell = strsep(&rest, "\t");
      ck_assert_msg(cell && *cell, "%s: row %zu, cell %d", name, table->count, i + 1);
      *cells[i] = strcmp(cell, "-") == 0 ? "" : cell;
    }
    ck_assert_msg(!rest, "%s: row %zu has too many cells", name, table->count);
  }
  free(line);
  ck_assert_int_eq(fclose(file), 0);
  ck_assert_uint_gt(table->count, 0);
}

static void free_table(struct table *table) {
  for (size_t i = 0; i < table->count; i++)
    free(table->rows[i].line);
}

/* TEXT with @HOME@, @URL@ and \n as what they stand for; caller frees. */
static char *expand(const char *text) {
  static const char *const names[] = {"@HOME@", "@URL@", "\\n"};
  const char *const values[] = {files_folder, URL, "\n"};
  struct strbuf out = STRBUF(TEXT_MAX);
  while (*text) {
    int i = 0;
    while (i < 3 && strncmp(text, names[i], strlen(names[i])) != 0)
      i++;
    if (i < 3) {
      strbuf_puts(&out, values[i]);
      text += strlen(names[i]);
    } else {
      strbuf_putc(&out, *text++);
    }
  }
  return strbuf_take(&out);
}

/* ---- the servers of the world ---- */

#define JSON_KEYS(id)                                                                              \
  "{\"Code\":\"Success\",\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","    \
  "\"Expiration\":\"2099-01-01T00:00:00Z\"}"

/* The role's name and who asked for it: "ASIA-ROLE-by-KEY". */
static void serve_sts(const struct http_request *request, struct aws_answer *answer) {
  const char *role = strstr(request->body, "RoleArn=" ROLES);
  const char *key = request->signature ? request->signature->access_key_id : NULL;
  if (!key && strstr(request->body, "WebIdentityToken=ey.TOKEN"))
    key = "token";
  ck_assert_msg(role && key, "STS: %s", request->body);
  role += strlen("RoleArn=" ROLES);
  int length = (int)strcspn(role, "&");
  if (strncmp(role, "refused&", 8) == 0) {
    world_answer(answer, 403,
                 "<E><Error><Code>AccessDenied</Code><Message>no</Message></Error></E>");
    return;
  }
  char *text = xasprintf("<R><Credentials><AccessKeyId>ASIA-%.*s-by-%s</AccessKeyId>"
                         "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                         "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></R>",
                         length, role, key);
  world_answer(answer, 200, text);
  free(text);
}

static int serve(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                 struct error **err) {
  (void)arg, (void)err;
  static const struct {
    const char *path;
    const char *body;
  } pages[] = {
      {"/container", JSON_KEYS("AKIDCONTAINER")},
      {"/imds/latest/api/token", "imdstoken"},
      {"/imds/latest/meta-data/iam/security-credentials/", "instance"},
      {"/imds/latest/meta-data/iam/security-credentials/instance", JSON_KEYS("AKIDIMDS")},
      {"/sso/federation/credentials?role_name=reader&account_id=123456789012",
       "{\"roleCredentials\":{\"accessKeyId\":\"AKIDSSO\",\"secretAccessKey\":\"s\","
       "\"sessionToken\":\"t\",\"expiration\":4070908800000}}"},
  };
  const char *url = exchange->request.url;
  ck_assert_msg(strncmp(url, URL "/", sizeof URL) == 0, "asked %s", url);
  const char *path = url + strlen(URL);
  if (strcmp(path, "/sts") == 0) {
    serve_sts(&exchange->request, answer);
    return 0;
  }
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
    if (strcmp(path, pages[i].path) == 0) {
      world_answer(answer, 200, pages[i].body);
      return 0;
    }
  ck_assert_str_eq(path, "/broken");
  world_answer(answer, 500, "broken");
  return 0;
}

/* ---- a machine ---- */

static void put(const char *name, const char *text) {
  free(files_write(name, text, strlen(text)));
}

static void folder(const char *name) {
  char *path = files_path(name);
  (void)mkdir(path, 0700);
  free(path);
}

/* What is there in every case. */
static void furnish(void) {
  files_setup();
  folder(".aws");
  folder(".aws/sso");
  folder(".aws/sso/cache");
  put("token", "ey.TOKEN");
  put("empty", "");
  put("process",
      "case $1 in\n"
      "keys) echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}' ;;\n"
      "version) echo '{\"Version\":2,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}' "
      ";;\n"
      "text) echo 'no keys' ;;\n"
      "*) exit 3 ;;\n"
      "esac\n");
  static const char cached[] =
      "{\"accessToken\":\"ssotoken\",\"expiresAt\":\"2099-01-01T00:00:00Z\","
      "\"startUrl\":\"https://start.example/\",\"region\":\"eu-west-1\"}";
  /* SHA-1 of the session's name, and of the start URL. */
  put(".aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json", cached);
  put(".aws/sso/cache/49125fd26523180d5d8af830007783f37aef2a1e.json", cached);
}

/* NAME: "dev" on the command line ("named:dev"), by AWS_PROFILE ("variable:dev"), or default ("").
   Writes the section's lines of both files. */
static void machine(struct world *world, const char *name, const char *env, const char *config,
                    const char *more, const char *credentials) {
  world_init(world);
  world->server = serve;
  world->now = 1700000000;
  world_set(world, "HOME", files_folder);
  world_set(world, "AWS_REGION", "us-east-1");
  world_set(world, "AWS_EC2_METADATA_DISABLED", "true");
  world_set(world, "AWS_ENDPOINT_URL_STS", URL "/sts");
  world_set(world, "AWS_ENDPOINT_URL_SSO", URL "/sso");
  const char *profile = strchr(name, ':') ? strchr(name, ':') + 1 : "default";
  if (strncmp(name, "variable:", 9) == 0)
    world_set(world, "AWS_PROFILE", profile);
  char *variables = expand(env), *rest = variables, *word;
  while ((word = strsep(&rest, " ")))
    if (*word) {
      char *value = strchr(word, '=');
      *value++ = '\0';
      world_set(world, word, value);
    }
  free(variables);

  char *lines = expand(config), *sections = expand(more), *secrets = expand(credentials);
  char *text = *lines ? xasprintf("[%s%s]\n%s\n%s\n", strcmp(profile, "default") ? "profile " : "",
                                  profile, lines, sections)
                      : xasprintf("%s\n", sections);
  put(".aws/config", text);
  free(text);
  text = *secrets ? xasprintf("[%s]\n%s\n", profile, secrets) : xstrdup("");
  put(".aws/credentials", text);
  free(text);
  free(lines);
  free(sections);
  free(secrets);
}

/* Asks, and holds what comes against PROVIDER (how its description starts) and KEY; for the key "!"
   PROVIDER must be in the error. NAME is the case's. */
static void expect(struct world *world, const char *profile, const char *name, const char *provider,
                   const char *key) {
  const struct aws_source_options options = {
      .profile = strncmp(profile, "named:", 6) == 0 ? profile + 6 : NULL};
  struct aws_source *source = aws_source_new(&world->context, NULL, &options);
  struct error *error = NULL;
  const struct aws_credentials *keys = aws_source_get(source, &error);
  char *wanted = expand(provider);
  if (strcmp(key, "!") == 0) {
    ck_assert_msg(!keys, "%s: keys by %s", name, keys ? keys->provider : "");
    ck_assert_int_eq(error->status, strstr(error->message, ": AccessDenied") ? STATUS_DENIED
                                                                             : STATUS_UNAUTHORIZED);
    ck_assert_msg(strstr(error->message, wanted) && !strchr(error->message, '\n'), "%s: %s", name,
                  error->message);
    ck_assert_msg(strncmp(error->message, "AWS credentials: ", 17) == 0, "%s: %s", name,
                  error->message);
  } else {
    ck_assert_msg(keys != NULL, "%s: %s", name, error ? error->message : "");
    ck_assert_msg(strcmp(keys->access_key_id, key) == 0, "%s: %s by %s", name, keys->access_key_id,
                  keys->provider);
    ck_assert_msg(strncmp(keys->provider, wanted, strlen(wanted)) == 0, "%s: %s", name,
                  keys->provider);
  }
  free(wanted);
  error_free(error);
  aws_source_free(source);
}

static void joined(char *text, const char *a, const char *between, const char *b) {
  int length = snprintf(text, TEXT_MAX, "%s%s%s", a, *a && *b ? between : "", b);
  ck_assert_int_lt(length, TEXT_MAX);
}

/* Two providers at once (or one, when B is NULL), A before B in the order. */
static void check_pair(const struct row *a, const struct row *b, const char *profile) {
  static const struct row nothing = {
      .name = "", .env = "", .config = "", .more = "", .credentials = ""};
  static char env[TEXT_MAX], lines[TEXT_MAX], config[TEXT_MAX], more[TEXT_MAX];
  const struct row *other = b ? b : &nothing;
  joined(env, a->env, " ", other->env);
  joined(lines, a->config, "\\n", other->config);
  joined(config, "output = json", "\\n", lines);
  joined(more, a->more, "\\n", other->more);
  char name[256];
  (void)snprintf(name, sizeof name, "%s and %s (%s)", a->name, b ? b->name : "nothing else",
                 *profile ? profile : "default");
  struct world world;
  machine(&world, profile, env, config, more,
          *a->credentials ? a->credentials : other->credentials);
  bool named = strncmp(profile, "named:", 6) == 0;
  const struct row *winner = a;
  if (named && strcmp(a->profile, "variables") == 0)
    winner = b && strcmp(b->profile, "variables") != 0 ? b : NULL;
  if (winner)
    expect(&world, profile, name, winner->provider, winner->key);
  else
    expect(&world, profile, name, "none found; looked for ", "!");
  world_clear(&world);
}

static const char *const ways[] = {"", "named:dev", "variable:dev"};
enum { WAYS = sizeof ways / sizeof *ways };

START_TEST(each_provider_alone) {
  struct table table;
  read_table(&table, "providers.tsv");
  for (size_t i = 0; i < table.count; i++)
    for (int way = 0; way < WAYS; way++)
      check_pair(&table.rows[i], NULL, ways[way]);
  free_table(&table);
}
END_TEST

START_TEST(of_each_pair_the_earlier_wins) {
  struct table table;
  read_table(&table, "providers.tsv");
  for (size_t i = 0; i < table.count; i++)
    for (size_t j = i + 1; j < table.count; j++)
      for (int way = 0; way < WAYS; way++)
        check_pair(&table.rows[i], &table.rows[j], ways[way]);
  free_table(&table);
}
END_TEST

START_TEST(cases) {
  struct table table;
  read_table(&table, "cases.tsv");
  for (size_t i = 0; i < table.count; i++) {
    const struct row *row = &table.rows[i];
    struct world world;
    machine(&world, row->profile, row->env, row->config, row->more, row->credentials);
    expect(&world, row->profile, row->name, row->provider, row->key);
    world_clear(&world);
  }
  free_table(&table);
}
END_TEST

/* The one line of an empty home, in the order of the chain. */
START_TEST(nothing_found_tells_where_was_looked) {
  struct world world;
  machine(&world, "", "", "", "", "");
  char *config = files_path(".aws/config");
  ck_assert_int_eq(remove(config), 0);
  struct aws_source *source =
      aws_source_new(&world.context, NULL, &(struct aws_source_options){.profile = NULL});
  struct error *error = NULL;
  ck_assert_ptr_null(aws_source_get(source, &error));
  char *wanted = xasprintf(
      "AWS credentials: none found; looked for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not "
      "set), role_arn of profile default, AWS_WEB_IDENTITY_TOKEN_FILE (not set), its "
      "web_identity_token_file, its sso_account_id, its aws_access_key_id in %s/.aws/credentials "
      "(no such profile), its credential_process, its aws_access_key_id in %s/.aws/config (no such "
      "file), AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI (not "
      "set), instance metadata (AWS_EC2_METADATA_DISABLED is set); run 'aws configure' or 'aws sso "
      "login', or name a profile that has some (AWS_PROFILE)",
      files_folder, files_folder);
  ck_assert_str_eq(error->message, wanted);
  free(wanted);
  error_free(error);
  aws_source_free(source);
  free(config);
  world_clear(&world);
}
END_TEST

static int nobody(void *arg, const struct aws_exchange *exchange, struct aws_answer *answer,
                  struct error **err) {
  (void)arg, (void)answer;
  return error_set(err, STATUS_TIMEOUT, "%s: nobody is there", exchange->request.url);
}

START_TEST(why_the_instance_gives_none_is_told) {
  struct world world;
  machine(&world, "", "AWS_EC2_METADATA_DISABLED=false", "", "", "");
  world.server = nobody;
  expect(&world, "", "no instance",
         "instance metadata (no instance metadata service: "
         "http://169.254.169.254/latest/api/token: nobody is there); run ",
         "!");
  world_clear(&world);
}
END_TEST

/* What renews keys in a file is seen. */
START_TEST(keys_replaced_in_a_file_are_read_again) {
  struct world world;
  machine(&world, "", "", "", "", "aws_access_key_id = OLD\\naws_secret_access_key = s");
  struct aws_source *source =
      aws_source_new(&world.context, NULL, &(struct aws_source_options){.profile = NULL});
  ck_assert_str_eq(aws_source_get(source, NULL)->access_key_id, "OLD");
  put(".aws/credentials", "[default]\naws_access_key_id = NEW\naws_secret_access_key = s\n");
  ck_assert_str_eq(aws_source_get(source, NULL)->access_key_id, "OLD");
  aws_source_expired(source, "OLD");
  ck_assert_str_eq(aws_source_get(source, NULL)->access_key_id, "NEW");
  put(".aws/credentials", "");
  aws_source_expired(source, "NEW");
  struct error *error = NULL;
  ck_assert_ptr_null(aws_source_get(source, &error));
  ck_assert_str_eq(error->message, "AWS credentials: the keys are not there any more");
  error_free(error);
  aws_source_free(source);
  world_clear(&world);
}
END_TEST

/* A chain of roles that a generator might write. */
START_TEST(a_chain_without_end_is_refused) {
  struct strbuf text = STRBUF(TEXT_MAX);
  for (int i = 0; i < 200; i++)
    strbuf_printf(&text,
                  "[profile p%d]\\nrole_arn = arn:aws:iam::123456789012:role/r\\nsource_profile = "
                  "p%d\\n",
                  i, i + 1);
  strbuf_puts(&text, "[profile p200]\\naws_access_key_id = A\\naws_secret_access_key = s\\n");
  struct world world;
  machine(&world, "named:p0", "", "", strbuf_str(&text), "");
  expect(&world, "named:p0", "200 roles", "its source_profile leads too far: p0 > p1 > ", "!");
  ck_assert_int_eq(world.asked, 0);
  strbuf_free(&text);
  world_clear(&world);
}
END_TEST

UNIT_MAIN("chain", tcase_add_unchecked_fixture(tcase, furnish, files_teardown);
          tcase_set_timeout(tcase, 60); tcase_add_test(tcase, each_provider_alone);
          tcase_add_test(tcase, of_each_pair_the_earlier_wins); tcase_add_test(tcase, cases);
          tcase_add_test(tcase, nothing_found_tells_where_was_looked);
          tcase_add_test(tcase, why_the_instance_gives_none_is_told);
          tcase_add_test(tcase, keys_replaced_in_a_file_are_read_again);
          tcase_add_test(tcase, a_chain_without_end_is_refused);)
