#include <config.h>

#include "base/json-tree.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "unit.h"

static int parse(struct json_tree *tree, const char *text, struct error **err) {
  return json_tree_parse(tree, text, strlen(text), JSON_DEPTH, STATUS_BAD_MANIFEST, err);
}

START_TEST(values_stand_in_the_order_of_the_text) {
  cleanup(json_tree_clear) struct json_tree tree;
  ck_assert_int_eq(parse(&tree, " {\"a\":[1,{\"x\":[]},\"t\"],\"b\":true,\"n\":null} ", NULL), 0);
  const struct json_node *top = tree.nodes, *array = json_node_array(top, "a");
  ck_assert_uint_eq(top->length, 3);
  ck_assert_uint_eq(top->size, tree.count);
  ck_assert_uint_eq(array->length, 3);
  const struct json_node *item = json_node_first(array);
  ck_assert(json_node_is(item, JSON_NUMBER));
  item = json_node_next(item);
  ck_assert_uint_eq(json_node_array(item, "x")->length, 0);
  item = json_node_next(item);
  ck_assert_str_eq(item->text, "t");
  ck_assert(json_node_next(item) == json_node_get(top, "b"));
  ck_assert_ptr_null(json_node_get(top, "n"));
  ck_assert_ptr_null(json_node_get(top, "missing"));
  ck_assert_ptr_null(json_node_get(NULL, "a"));
  ck_assert_ptr_null(json_node_get(array, "a"));
  ck_assert_ptr_null(json_node_object(top, "a"));
  ck_assert_ptr_null(json_node_string(top, "b"));
}
END_TEST

START_TEST(strings_lose_their_escapes) {
  static const struct {
    const char *json, *text;
  } cases[] = {
      {"\"\"", ""},
      {"\"plain and longer than a word\"", "plain and longer than a word"},
      {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t"},
      {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
      {"\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!"},
      {"\"\\ud83d\"", "\xef\xbf\xbd"},
      {"\"\\ude00\\ud83dx\"", "\xef\xbf\xbd\xef\xbf\xbdx"},
      {"\"1234567\xc3\xa9 \xf4\x8f\xbf\xbf\x7f\"", "1234567\xc3\xa9 \xf4\x8f\xbf\xbf\x7f"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(json_tree_clear) struct json_tree tree;
    ck_assert_msg(parse(&tree, cases[i].json, NULL) == 0, "%s", cases[i].json);
    ck_assert_str_eq(tree.nodes->text, cases[i].text);
    ck_assert_uint_eq(tree.nodes->length, strlen(cases[i].text));
  }
}
END_TEST

START_TEST(numbers_are_what_they_say) {
  cleanup(json_tree_clear) struct json_tree tree;
  ck_assert_int_eq(parse(&tree,
                         "{\"max\":9223372036854775807,\"min\":-9223372036854775808,"
                         "\"over\":9223372036854775808,\"under\":-9223372036854775809,\"float\":1."
                         "0,\"e\":1e2,\"plus\":1e+2,\"minus\":100e-2,\"huge\":1e400,"
                         "\"text\":\"1\"}",
                         NULL),
                   0);
  int64_t integer = 7;
  double number = 7;
  ck_assert(json_node_int64(tree.nodes, "max", &integer) && integer == INT64_MAX);
  ck_assert(json_node_int64(tree.nodes, "min", &integer) && integer == INT64_MIN);
  static const char *const none[] = {"over", "under", "float", "e", "huge", "text", "missing"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    ck_assert(!json_node_int64(tree.nodes, none[i], &integer) && integer == INT64_MIN);
  ck_assert(json_node_double(tree.nodes, "float", &number) && number == 1);
  ck_assert(json_node_double(tree.nodes, "e", &number) && number == 100);
  ck_assert(json_node_double(tree.nodes, "minus", &number) && number == 1);
  ck_assert(json_node_double(tree.nodes, "plus", &number) && number == 100);
  ck_assert(!json_node_double(tree.nodes, "huge", &number) && number == 100);
}
END_TEST

START_TEST(what_is_not_json_is_refused) {
  static const char *const bad[] = {"",
                                    " ",
                                    "null",
                                    "{",
                                    "[1,",
                                    "[1,]",
                                    "{,}",
                                    "{1:2}",
                                    "{\"a\"}",
                                    "{\"a\":}",
                                    "{'a':1}",
                                    "{\"a\":1,\"b\":2,\"\\u0061\":1}",
                                    "{} {}",
                                    "[] ]",
                                    "NaN",
                                    "tru",
                                    "truex",
                                    "\"open",
                                    "\"a\nb\"",
                                    "\"\\x41\"",
                                    "\"\\u12g4\"",
                                    "\"\\u0000\"",
                                    "\"\\",
                                    "[1 2]",
                                    "01",
                                    "-",
                                    "1.",
                                    "1e",
                                    ".5",
                                    "+1",
                                    "\"\xff\"",
                                    "\"\xc3\"",
                                    "\"\xed\xa0\x80\"",
                                    "\"\xc0\xaf\"",
                                    "\"\xf4\x90\x80\x80\"",
                                    "\"\xf6\x9f\x98\xa0\"",
                                    "[\v]",
                                    "\xef\xbb\xbf{}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cleanup(cleanup_error) struct error *said = NULL;
    struct json_tree tree;
    ck_assert_msg(parse(&tree, bad[i], &said) == -1, "%s was taken", bad[i]);
    ck_assert_ptr_null(tree.nodes);
    ck_assert_int_eq(said->status, STATUS_BAD_MANIFEST);
    ck_assert_int_eq(parse(&tree, bad[i], NULL), -1);
  }
  struct json_tree tree;
  ck_assert_int_eq(json_tree_parse(&tree, "[1\0]", 4, JSON_DEPTH, STATUS_LOCAL, NULL), -1);
  ck_assert_int_eq(json_tree_parse(&tree, "[1]\0", 4, JSON_DEPTH, STATUS_LOCAL, NULL), -1);
  ck_assert_int_eq(json_tree_parse(&tree, "[1]garbage", 3, JSON_DEPTH, STATUS_LOCAL, NULL), 0);
  json_tree_clear(&tree);
}
END_TEST

START_TEST(messages_say_where) {
  static const struct {
    const char *text, *message;
    bool lines;
  } cases[] = {
      {"{\"a\":1} x", "not JSON: unexpected character at byte 9", false},
      {"{\"a\":1", "not JSON: unexpected end of data", false},
      {"null", "JSON that cannot be used: it says nothing but null", false},
      {"{\"a\":1,\"a\":1}", "JSON that cannot be used: an object has two members of one name",
       false},
      {"[\"\\u0000\"]", "JSON that cannot be used: a NUL in a string", false},
      {"{\n\"a\\n\": 1,\n }", "line 3, column 2: not JSON: unexpected character", true},
      {"[\n", "line 2, column 1: not JSON: unexpected end of data", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_error) struct error *said = NULL;
    struct json_tree tree;
    ck_assert_int_eq((cases[i].lines ? json_tree_parse_lines
                                     : json_tree_parse)(&tree, cases[i].text, strlen(cases[i].text),
                                                        JSON_DEPTH, STATUS_LOCAL, &said),
                     -1);
    ck_assert_str_eq(said->message, cases[i].message);
  }
}
END_TEST

/* In objects of few members and of many, whose names are told from each other in two ways. */
START_TEST(a_name_comes_once_in_an_object) {
  for (int count = 1; count < 100; count += 7)
    for (int again = -1; again < count; again += 5) {
      cleanup(strbuf_free) struct strbuf text = STRBUF(4096);
      for (int i = 0; i < count; i++)
        strbuf_printf(&text, "%s\"name %d\":{\"name 0\":1}", i ? "," : "{", i);
      if (again >= 0)
        strbuf_printf(&text, ",\"name %d\":null", again);
      strbuf_puts(&text, "}");
      struct json_tree tree;
      ck_assert_msg(parse(&tree, strbuf_str(&text), NULL) == (again < 0 ? 0 : -1), "%s",
                    strbuf_str(&text));
      json_tree_clear(&tree);
    }
}
END_TEST

START_TEST(in_a_file_the_last_of_equal_names_counts) {
  for (int count = 2; count < 100; count += 7) {
    cleanup(strbuf_free) struct strbuf text = STRBUF(4096);
    strbuf_puts(&text, "{\"a\":\"first\",\"b\":{\"c\":[1,{}],\"c\":[]}");
    for (int i = 0; i < count; i++)
      strbuf_printf(&text, ",\"%d\":[]", i);
    strbuf_puts(&text, ",\"a\":{\"x\":1},\"a\":\"last\"}");
    cleanup(json_tree_clear) struct json_tree tree;
    ck_assert_int_eq(json_tree_parse_lines(&tree, strbuf_str(&text), text.length, JSON_DEPTH,
                                           STATUS_LOCAL, NULL),
                     0);
    ck_assert_str_eq(json_node_string(tree.nodes, "a"), "last");
    ck_assert_uint_eq(json_node_array(json_node_get(tree.nodes, "b"), "c")->length, 0);
    int members = 0;
    const struct json_node *member = json_node_first(tree.nodes);
    for (uint32_t i = 0; i < tree.nodes->length; i++, member = json_node_next(member))
      members += !json_node_is(member, JSON_FORGOTTEN);
    ck_assert_int_eq(members, count + 2);
  }
}
END_TEST

START_TEST(depth_and_count_are_bounded) {
  char text[81] = "";
  memset(text, '[', 40);
  memset(text + 40, ']', 40);
  struct json_tree tree;
  ck_assert_int_eq(json_tree_parse(&tree, text + 40 - 31, 62, JSON_DEPTH, STATUS_LOCAL, NULL), 0);
  json_tree_clear(&tree);
  ck_assert_int_eq(json_tree_parse(&tree, text, 80, JSON_DEPTH, STATUS_LOCAL, NULL), -1);
  struct strbuf many = STRBUF(3 * JSON_VALUES_MAX);
  strbuf_puts(&many, "[0");
  for (size_t i = 2; i < JSON_VALUES_MAX; i++)
    strbuf_puts(&many, ",0");
  size_t length = many.length;
  strbuf_puts(&many, "]");
  ck_assert_int_eq(parse(&tree, strbuf_str(&many), NULL), 0);
  json_tree_clear(&tree);
  many.length = length;
  strbuf_puts(&many, ",0]");
  ck_assert_int_eq(parse(&tree, strbuf_str(&many), NULL), -1);
  many.length = 0;
  strbuf_puts(&many, "[{}");
  for (size_t i = 1; i < JSON_CONTAINERS_MAX; i++)
    strbuf_puts(&many, ",{}");
  strbuf_puts(&many, "]");
  cleanup(cleanup_error) struct error *error = NULL;
  ck_assert_int_eq(parse(&tree, strbuf_str(&many), &error), -1);
  ck_assert_ptr_nonnull(strstr(error->message, "objects and arrays"));
  strbuf_free(&many);
}
END_TEST

UNIT_MAIN("json-tree", tcase_add_test(tcase, values_stand_in_the_order_of_the_text);
          tcase_add_test(tcase, strings_lose_their_escapes);
          tcase_add_test(tcase, numbers_are_what_they_say);
          tcase_add_test(tcase, what_is_not_json_is_refused);
          tcase_add_test(tcase, messages_say_where);
          tcase_add_test(tcase, a_name_comes_once_in_an_object);
          tcase_add_test(tcase, in_a_file_the_last_of_equal_names_counts);
          tcase_add_test(tcase, depth_and_count_are_bounded);)
