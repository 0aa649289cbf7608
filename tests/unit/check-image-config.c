#include <config.h>

#include "registry/image-config.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#include "unit.h"

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void parse(const char *text, struct image_config *config) {
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(image_config_parse(text, strlen(text), config, &err) == 0, "%s: %s", text,
                err ? err->message : "?");
  ck_assert_ptr_null(err);
}

/* The settings of TEXT are the hash of CANONICAL. */
static void check_settings(const char *text, const char *canonical) {
  cleanup(image_config_clear) struct image_config config = IMAGE_CONFIG;
  char expected[DIGEST_SHA256_SIZE];
  parse(text, &config);
  digest_of(canonical, strlen(canonical), expected);
  ck_assert_msg(strcmp(config.settings, expected) == 0, "%s is not %s", text, canonical);
}

static void check_refused(const char *text, enum status status, const char *message) {
  struct image_config config = IMAGE_CONFIG;
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(image_config_parse(text, strlen(text), &config, &err) == -1, "%s was taken", text);
  ck_assert_ptr_nonnull(err);
  ck_assert_msg(strstr(err->message, message) != NULL, "%s: %s", text, err->message);
  ck_assert_int_eq(err->status, status);
  ck_assert(!config.platform && !config.created && !config.diff_ids && !*config.settings);
}

START_TEST(a_record_s_cells_are_read) {
  cleanup(image_config_clear) struct image_config config = IMAGE_CONFIG;
  parse("{\"created\":\"2024-01-02T03:04:05.123456789+02:00\",\"architecture\":\"arm64\","
        "\"variant\":\"v8\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"sh\"]},"
        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" A "\",\"" B "\"]},"
        "\"history\":[{\"created_by\":\"x\"}]}",
        &config);
  ck_assert_str_eq(config.platform, "linux/arm64");
  ck_assert_str_eq(config.created, "2024-01-02T01:04:05Z");
  ck_assert_str_eq(config.diff_ids, A "," B);
}
END_TEST

START_TEST(what_it_does_not_say_is_null) {
  static const char *const configs[] = {
      "{}",
      "{\"rootfs\":null,\"config\":null,\"created\":null,\"os\":null}",
      "{\"rootfs\":{},\"created\":\"\",\"os\":\"\",\"architecture\":\"\"}",
      "{\"rootfs\":{\"diff_ids\":[]},\"created\":\"yesterday\",\"os\":\"linux\"}",
      "{\"rootfs\":{\"diff_ids\":null},\"created\":\"0001-01-01T00:00:00Z\"}",
      "{\"created\":1704164645,\"os\":\"unknown\",\"architecture\":\"unknown\"}",
      "{\"os\":\"lin,ux\",\"architecture\":\"amd64\"}"};
  for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
    cleanup(image_config_clear) struct image_config config = IMAGE_CONFIG;
    parse(configs[i], &config);
    ck_assert_msg(!config.platform && !config.created && !config.diff_ids, "%s", configs[i]);
    ck_assert(digest_is_valid(config.settings));
  }
}
END_TEST

START_TEST(settings_are_canonical_json) {
  check_settings("{}", "{}");
  check_settings(
      "{ \"os\": \"linux\", \"architecture\": \"x86_64\", \"created\": \"2024-01-02T03:04:05Z\",\n"
      "  \"author\": \"me\", \"docker_version\": \"1\",\n"
      "  \"config\": {\"WorkingDir\": \"/w\", \"Volumes\": {\"/v\": {}}, \"User\": \"u\",\n"
      "    \"StopSignal\": \"TERM\", \"Shell\": [\"sh\", \"-c\"], \"Labels\": {\"b\": \"2\",\n"
      "    \"a\": \"1\"}, \"Healthcheck\": {\"Test\": [\"NONE\"], \"Interval\": 30000000000},\n"
      "    \"ExposedPorts\": {\"80/tcp\": {}, \"443/tcp\": {}}, \"Env\": [\"B=1\", \"A=2\"],\n"
      "    \"Entrypoint\": [\"/e\"], \"Cmd\": [\"c\"], \"OnBuild\": [\"x\"], \"Image\": \"y\"},\n"
      "  \"container_config\": {\"Cmd\": [\"z\"]}}",
      "{\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"c\"],\"Entrypoint\":[\"/e\"],"
      "\"Env\":[\"B=1\",\"A=2\"],\"ExposedPorts\":{\"443/tcp\":{},\"80/tcp\":{}},"
      "\"Healthcheck\":{\"Interval\":30000000000,\"Test\":[\"NONE\"]},"
      "\"Labels\":{\"a\":\"1\",\"b\":\"2\"},\"Shell\":[\"sh\",\"-c\"],\"StopSignal\":\"TERM\","
      "\"User\":\"u\",\"Volumes\":{\"/v\":{}},\"WorkingDir\":\"/w\"},\"os\":\"linux\"}");
  check_settings("{\"os\":\"Windows\",\"architecture\":\"amd64\",\"os.version\":\"10.0.1\"}",
                 "{\"architecture\":\"amd64\",\"os\":\"windows\",\"os.version\":\"10.0.1\"}");
  check_settings("{\"os\":\"linux\",\"architecture\":\"arm\"}",
                 "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}");
  check_settings("{\"os\":\"lin,UX\",\"architecture\":\"aarch64\"}",
                 "{\"architecture\":\"aarch64\",\"os\":\"lin,UX\"}");
}
END_TEST

START_TEST(empty_settings_are_no_settings) {
  check_settings("{\"os\":\"\",\"variant\":null,\"config\":{}}", "{}");
  check_settings("{\"config\":{\"Cmd\":null,\"Entrypoint\":[],\"Env\":[],\"User\":\"\","
                 "\"WorkingDir\":\"\",\"Volumes\":{},\"ExposedPorts\":null,\"Labels\":{},"
                 "\"Shell\":[],\"StopSignal\":\"\",\"Healthcheck\":{}}}",
                 "{}");
  check_settings("{\"config\":{\"Healthcheck\":{\"Test\":null,\"StartPeriod\":\"\"}}}", "{}");
  check_settings("{\"config\":{\"Healthcheck\":{\"Test\":[],\"Retries\":3}}}",
                 "{\"config\":{\"Healthcheck\":{\"Retries\":3}}}");
}
END_TEST

START_TEST(values_inside_of_settings_stand) {
  check_settings("{\"config\":{\"Cmd\":[\"sh\",\"-c\",\"\"]}}",
                 "{\"config\":{\"Cmd\":[\"sh\",\"-c\",\"\"]}}");
  check_settings("{\"config\":{\"Cmd\":[\"\"],\"Labels\":{\"a\":\"\"}}}",
                 "{\"config\":{\"Cmd\":[\"\"],\"Labels\":{\"a\":\"\"}}}");
  check_settings("{\"config\":{\"Cmd\":\"sh -c\"}}", "{\"config\":{\"Cmd\":\"sh -c\"}}");
  check_settings("{\"config\":{\"Volumes\":{\"/b\":null,\"/a\":{\"x\":1}}}}",
                 "{\"config\":{\"Volumes\":{\"/a\":{},\"/b\":{}}}}");
  check_settings("{\"config\":{\"cmd\":[\"x\"],\"USER\":\"y\"}}", "{}");
  check_settings("{\"config\":{\"Cmd\":[null,true,false,-1,18446744073709551615,1.5,0.1,1e3,{},[],"
                 "{\"b\":[],\"a\":null}]}}",
                 "{\"config\":{\"Cmd\":[null,true,false,-1,18446744073709551615,1.5,"
                 "0.10000000000000001,1000,{},[],{\"a\":null,\"b\":[]}]}}");
}
END_TEST

START_TEST(strings_have_one_spelling) {
  check_settings("{\"config\":{\"User\":\"\\u0041\\/\\n\\t\\u001F\\\"\\\\\\u00e9\\ud83d\\ude00\"}}",
                 "{\"config\":{\"User\":\"A/\\u000a\\u0009\\u001f\\\"\\\\\xc3\xa9\xf0\x9f\x98\x80\""
                 "}}");
  check_settings(
      "{\"config\":{\"Labels\":{\"\\u00e9\":\"1\",\"z\":\"2\",\"\":\"3\",\"\\n\":\"4\"}}}",
      "{\"config\":{\"Labels\":{\"\":\"3\",\"\\u000a\":\"4\",\"z\":\"2\","
      "\"\xc3\xa9\":\"1\"}}}");
}
END_TEST

/* Each is another image than the first. */
START_TEST(other_settings_are_another_image) {
  static const char *const configs[] = {
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=1\",\"B=2\"]}}",
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"B=2\",\"A=1\"]}}",
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=1,B=2\"]}}",
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"A=1\",\"B=2\"]}}",
      "{\"os\":\"linux\",\"architecture\":\"arm64\",\"config\":{\"Env\":[\"A=1\",\"B=2\"]}}",
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=1\",\"B=2\"],"
      "\"Labels\":{\"a\":\"b\"}}}",
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"v2\",\"config\":{\"Env\":["
      "\"A=1\",\"B=2\"]}}",
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"os.version\":\"1\",\"config\":{\"Env\":["
      "\"A=1\",\"B=2\"]}}"};
  enum { COUNT = sizeof(configs) / sizeof(configs[0]) };
  struct image_config parsed[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    parse(configs[i], &parsed[i]);
    for (size_t j = 0; j < i; j++)
      ck_assert_msg(strcmp(parsed[i].settings, parsed[j].settings) != 0, "%zu and %zu", i, j);
  }
  for (size_t i = 0; i < COUNT; i++)
    image_config_clear(&parsed[i]);
}
END_TEST

START_TEST(bad_documents_are_refused) {
  static const struct {
    const char *text, *message;
  } cases[] = {{"", "not JSON"},
               {"[]", "no JSON object"},
               {"{\"os\":1}", "os is no string"},
               {"{\"architecture\":[]}", "architecture is no string"},
               {"{\"variant\":{}}", "variant is no string"},
               {"{\"os.version\":true}", "os.version is no string"},
               {"{\"config\":[]}", "config is no object"},
               {"{\"rootfs\":[]}", "rootfs is no object"},
               {"{\"rootfs\":{\"diff_ids\":{}}}", "diff_ids is no array"},
               {"{\"rootfs\":{\"diff_ids\":[\"" A "\",\"x\"]}}", "diff_ids[1] is no valid digest"},
               {"{\"rootfs\":{\"diff_ids\":[null]}}", "diff_ids[0] is no valid digest"},
               {"{\"rootfs\":{\"diff_ids\":[\"" A "," B "\"]}}", "diff_ids[0] is no valid digest"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    check_refused(cases[i].text, STATUS_BAD_MANIFEST, cases[i].message);
}
END_TEST

START_TEST(size_is_bounded) {
  struct strbuf text = STRBUF(IMAGE_CONFIG_MAX + 1);
  strbuf_puts(&text, "{}");
  while (text.length < IMAGE_CONFIG_MAX)
    strbuf_putc(&text, '\n');
  check_settings(strbuf_str(&text), "{}");
  strbuf_putc(&text, '\n');
  check_refused(strbuf_str(&text), STATUS_TOO_LARGE, "larger than");
  strbuf_free(&text);
}
END_TEST

UNIT_MAIN("image-config", tcase_add_test(tcase, a_record_s_cells_are_read);
          tcase_add_test(tcase, what_it_does_not_say_is_null);
          tcase_add_test(tcase, settings_are_canonical_json);
          tcase_add_test(tcase, empty_settings_are_no_settings);
          tcase_add_test(tcase, values_inside_of_settings_stand);
          tcase_add_test(tcase, strings_have_one_spelling);
          tcase_add_test(tcase, other_settings_are_another_image);
          tcase_add_test(tcase, bad_documents_are_refused); tcase_add_test(tcase, size_is_bounded);)
