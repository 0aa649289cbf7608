#include <config.h>

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/http.h"
#include "net/overlap.h"
#include "net/queue.h"
#include "net/quota.h"
#include "net/retry.h"
#include "net/url.h"

#include "unit.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110. */
enum { THEN = 784111777 };

START_TEST(retry_after_in_seconds) {
  ck_assert_int_eq(http_retry_after("0", THEN, 120), 0);
  ck_assert_int_eq(http_retry_after("7", THEN, 120), 7);
  ck_assert_int_eq(http_retry_after(" 007 ", THEN, 120), 7);
  ck_assert_int_eq(http_retry_after("120", THEN, 120), 120);
  ck_assert_int_eq(http_retry_after("121", THEN, 120), 120);
  ck_assert_int_eq(http_retry_after("99999999999999999999999999", THEN, 120), 120);
  ck_assert_int_eq(http_retry_after("9223372036854775807", THEN, LONG_MAX), LONG_MAX);
  ck_assert_int_eq(http_retry_after("9223372036854775808", THEN, LONG_MAX), LONG_MAX);
  ck_assert_int_eq(http_retry_after("9223372036854775806", THEN, LONG_MAX), LONG_MAX - 1);
  ck_assert_int_eq(http_retry_after("5", THEN, 0), 0);
}
END_TEST

START_TEST(retry_after_as_a_date) {
  static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};
  for (size_t i = 0; i < 3; i++) {
    ck_assert_int_eq(http_retry_after(forms[i], THEN - 30, 120), 30);
    ck_assert_int_eq(http_retry_after(forms[i], THEN, 120), 0);
    ck_assert_int_eq(http_retry_after(forms[i], THEN + 1, 120), 0);
    ck_assert_int_eq(http_retry_after(forms[i], THEN - 121, 120), 120);
    ck_assert_int_eq(http_retry_after(forms[i], INT64_MIN, 120), 120);
    ck_assert_int_eq(http_retry_after(forms[i], INT64_MAX, 120), 0);
  }
}
END_TEST

START_TEST(retry_after_that_is_none) {
  static const char *const texts[] = {
      "", " ", "-1", "+1", "1.5", "1 2", "5s", "soon", "0x10", "1e3",

      "10:00", "Sun,", "Sun:", "Sun, 06 Nov", "\xff:\xff", "tomorrow 10:00 tomorrow",
      /* A date, but in none of the forms that HTTP has. */
      "06 Nov 1994 08:49:37 GMT", "1994-11-06 08:49:37 GMT"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    ck_assert_msg(http_retry_after(texts[i], THEN, 120) == -1, "'%s'", texts[i]);
}
END_TEST

START_TEST(the_backoff_doubles_up_to_its_limit) {
  /* The highest random number that can be met gives the whole of it. */
  static const struct {
    unsigned retries;
    int64_t limit;
  } cases[] = {{0, 200}, {1, 400}, {2, 800}, {6, 12800}, {7, 20000}, {8, 20000}, {UINT_MAX, 20000}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint64_t range = (uint64_t)cases[i].limit + 1;
    ck_assert_int_eq(retry_delay(cases[i].retries, 200, -1, range * 5 - 1), cases[i].limit);
    ck_assert_int_eq(retry_delay(cases[i].retries, 200, -1, range * 5), 0);
    ck_assert_int_le(retry_delay(cases[i].retries, 200, -1, UINT64_MAX), cases[i].limit);
  }
  ck_assert_int_le(retry_delay(0, LONG_MAX, -1, 20000), 20000);
}
END_TEST

START_TEST(a_servers_wish_is_the_least_wait) {
  ck_assert_int_eq(retry_delay(9, 200, 3, 0), 3000);
  ck_assert_int_eq(retry_delay(9, 200, 3, 200), 3200);
  ck_assert_int_eq(retry_delay(9, 200, 3, 201), 3000);
  ck_assert_int_eq(retry_delay(0, 200, 0, 0), 0);
}
END_TEST

START_TEST(statuses_tell_the_failure) {
  ck_assert_int_eq(http_status_failure(401), STATUS_UNAUTHORIZED);
  ck_assert_int_eq(http_status_failure(403), STATUS_DENIED);
  ck_assert_int_eq(http_status_failure(404), STATUS_NOT_FOUND);
  ck_assert_int_eq(http_status_failure(408), STATUS_TIMEOUT);
  ck_assert_int_eq(http_status_failure(429), STATUS_RATE_LIMITED);
  ck_assert_int_eq(http_status_failure(400), STATUS_SERVER_ERROR);
  ck_assert_int_eq(http_status_failure(503), STATUS_SERVER_ERROR);
  ck_assert_int_eq(http_status_failure(302), STATUS_SERVER_ERROR);
  static const long transient[] = {429, 500, 502, 503, 504};
  for (long status = 100; status < 600; status++) {
    bool expected = false;
    for (size_t i = 0; i < 5; i++)
      expected = expected || status == transient[i];
    ck_assert_int_eq(retry_status_is_transient(status), expected);
  }
}
END_TEST

START_TEST(what_is_near_is_told_by_its_address) {
  static const char *const yes[] = {"169.254.169.254",     "169.254.170.2:80",   "[fe80::1]:80",
                                    "[fe80::1%25eth0]:80", "[fd00:ec2::254]:80", "[fd00:ec2::23]",
                                    "127.0.0.1:80",        "localhost:80",       "[::1]:80"};
  static const char *const no[] = {"169.255.0.1:80",   "169.254.169.254.nip.io:80",
                                   "10.0.0.1:80",      "[fd00:ec3::1]:80",
                                   "[2001:db8::1]:80", "example.org:80"};
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
    ck_assert_msg(url_host_is_near(yes[i]), "%s", yes[i]);
  for (size_t i = 0; i < sizeof no / sizeof *no; i++)
    ck_assert_msg(!url_host_is_near(no[i]), "%s", no[i]);
}
END_TEST

START_TEST(what_a_name_turned_out_to_be_is_told_too) {
  static const struct {
    const char *text;
    bool link;
  } cases[] = {{"169.254.169.254", true},
               {"169.255.0.1", false},
               {"127.0.0.1", false},
               {"fe80::1", true},
               {"febf::1", true},
               {"fec0::1", false},
               {"fd00:ec2::254", true},
               {"fd00:ec3::254", false},
               {"::ffff:169.254.1.2", true},
               {"::ffff:169.255.1.2", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *address = (struct sockaddr *)&v4;
    if (inet_pton(AF_INET, cases[i].text, &v4.sin_addr) != 1) {
      ck_assert_int_eq(inet_pton(AF_INET6, cases[i].text, &v6.sin6_addr), 1);
      address = (struct sockaddr *)&v6;
    }
    ck_assert_msg(url_address_is_of_link(address) == cases[i].link, "%s", cases[i].text);
  }
}
END_TEST

START_TEST(a_host_is_the_same_by_its_name) {
  ck_assert(url_same_host("http://a.test:1/x", "https://A.test/"));
  ck_assert(url_same_host("https://[::1]:5", "https://[::1]/"));
  ck_assert(!url_same_host("http://a.test/", "http://a.test.b/"));
  ck_assert(!url_same_host("http://a.test/", "http://b.test/"));
  ck_assert(!url_same_host("ftp://a.test/", "ftp://a.test/"));
}
END_TEST

START_TEST(loopback_is_told_by_its_name) {
  static const char *const yes[] = {"localhost", "LOCALHOST:1",     "a.localhost:5000",
                                    "127.0.0.1", "127.255.0.9:443", "[::1]"};
  static const char *const no[] = {"localhost.example",
                                   "notlocalhost",
                                   "127.0.0.1.example",
                                   "128.0.0.1",
                                   "127.0.0.1.nip.io",
                                   "[::2]",
                                   "[::1]x",
                                   "127.1",
                                   ".localhost.x"};
  for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
    ck_assert_msg(url_host_is_loopback(yes[i]), "%s", yes[i]);
  for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
    ck_assert_msg(!url_host_is_loopback(no[i]), "%s", no[i]);
}
END_TEST

START_TEST(an_origin_is_scheme_name_and_port) {
  static const char *const cases[][2] = {
      {"https://Registry.Example/v2/", "https://registry.example:443"},
      {"https://registry.example:443", "https://registry.example:443"},
      {"http://registry.example/?a", "http://registry.example:80"},
      {"HTTP://127.0.0.1:5000/", "http://127.0.0.1:5000"},
      {"http://[::1]:5000/", "http://[::1]:5000"},
      {"https://registry.example/v2/a/manifests/v1.2_3", "https://registry.example:443"},
      {"http://registry.example:080/v2/", "http://registry.example:80"},
      /* What libcurl reads as an address. */
      {"http://127.1:5000/v2/", "http://127.0.0.1:5000"},
      {"http://0x7f.1/v2/", "http://127.0.0.1:80"},
      {"http://1.0x7f/v2/", "http://1.0.0.127:80"},
      {"http://2130706433/v2/", "http://127.0.0.1:80"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct error *err = NULL;
    cleanup(cleanup_free) char *origin = url_origin(cases[i][0], &err);
    ck_assert_ptr_null(err);
    ck_assert_str_eq(origin, cases[i][1]);
  }
  static const char *const wrong[] = {"",
                                      "registry.example",
                                      "ftp://registry.example/",
                                      "file:///etc/passwd",
                                      "gopher://registry.example/",
                                      "http://",
                                      "http://u@registry.example/",
                                      "http://:5ecret@registry.example/",
                                      "http://u:5ecret@registry.example/",
                                      "http://registry.example:99999/",
                                      "http://registry.example:65536/v2/",
                                      "http://u:5ecret@registry.example:80/v2/",
                                      "http://a b/"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct error *err = NULL;
    ck_assert_msg(url_origin(wrong[i], &err) == NULL, "%s", wrong[i]);
    ck_assert_int_eq(err->status, STATUS_UNSUPPORTED);
    ck_assert_msg(!strstr(err->message, "5ecret"), "%s", err->message);
    error_free(err);
  }
}
END_TEST

START_TEST(redirects_are_resolved) {
  static const char *const cases[][3] = {
      {"https://r.example/v2/a/blobs/x?y", "/z", "https://r.example/z"},
      {"https://r.example/v2/a/blobs/x?y", "z?q=1#f", "https://r.example/v2/a/blobs/z?q=1"},
      {"https://r.example/v2/a/blobs/x", "../../z", "https://r.example/v2/z"},
      {"https://r.example/v2/", "//cdn.example/z", "https://cdn.example/z"},
      {"https://r.example/v2/", "https://cdn.example:8443/z?X-Amz-Signature=a%2Fb%3D&c",
       "https://cdn.example:8443/z?X-Amz-Signature=a%2Fb%3D&c"},
      {"http://r.example/v2/", "https://r.example/z", "https://r.example/z"},
      {"http://r.example/v2/", "http://r.example/a b", "http://r.example/a%20b"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct error *err = NULL;
    cleanup(cleanup_free) char *target = url_redirect(cases[i][0], cases[i][1], &err);
    ck_assert_msg(target != NULL, "%s: %s", cases[i][1], err ? err->message : "?");
    ck_assert_str_eq(target, cases[i][2]);
  }
}
END_TEST

START_TEST(redirects_are_refused) {
  static const char *const cases[][2] = {
      {"", "not a valid URL"},
      {"http://r.example/", "from https to http"},
      {"HTTP://cdn.example/", "from https to http"},
      {"ftp://r.example/", "not an http or https URL"},
      {"file:///etc/passwd", "not an http or https URL"},
      {"javascript://x", "not an http or https URL"},
      {"https://u:5ecret@cdn.example/", "user info"},
      {"//u@cdn.example/", "user info"},
      {"https://", "not a valid URL"},
      {"https://cdn.example:99999/", "not a valid URL"},
      {"https://cdn.example/\x01", "not a valid URL"},
      {"https://169.254.169.254/latest/", "of this machine's link"},
      {"//2852039166/", "of this machine's link"},
      {"//0xa9.0xfe.43518/", "of this machine's link"},
      {"https://[fe80::1]/", "of this machine's link"},
      {"https://[fd00:ec2::254]:8443/", "of this machine's link"},
      {"https://[::ffff:169.254.169.254]/", "of this machine's link"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct error *err = NULL;
    cleanup(cleanup_free) char *target =
        url_redirect("https://r.example/v2/?token=5ecret", cases[i][0], &err);
    ck_assert_msg(target == NULL, "%s: %s", cases[i][0], target);
    ck_assert_int_eq(err->status, STATUS_SERVER_ERROR);
    ck_assert_msg(strstr(err->message, cases[i][1]) != NULL, "%s", err->message);
    ck_assert(strncmp(err->message, "https://r.example/v2/: redirect to ", 35) == 0);
    ck_assert_msg(!strstr(err->message, "5ecret"), "%s", err->message);
    error_free(err);
  }
  /* What is there may lead where it likes on it. */
  cleanup(cleanup_free) char *there = url_redirect("http://169.254.170.2/a", "/b", NULL);
  ck_assert_str_eq(there, "http://169.254.170.2/b");
  cleanup(cleanup_free) char *longest = malloc(70000);
  memset(longest, 'a', 69999);
  longest[69999] = '\0';
  ck_assert_ptr_null(url_redirect("https://r.example/", longest, NULL));
}
END_TEST

START_TEST(a_quota_is_not_overrun) {
  struct quota quota = {.window = 0};
  for (int i = 0; i < 5; i++)
    quota_sent(&quota);
  ck_assert_int_eq(quota_ask(&quota, 1000), QUOTA_MAY); /* nobody said anything */
  quota.window = 21600;
  quota.remaining = 6;
  ck_assert_int_eq(quota_ask(&quota, 1000), QUOTA_MAY);
  quota_sent(&quota);
  ck_assert_int_eq(quota_ask(&quota, 1000), QUOTA_WAIT); /* six are left, six under way */
  quota_ended(&quota);
  ck_assert_int_eq(quota_ask(&quota, 1000), QUOTA_MAY);
  quota.remaining = 0;
  ck_assert_int_eq(quota_ask(&quota, 1000), QUOTA_WAIT);
  for (int i = 0; i < 5; i++)
    quota_ended(&quota);
  /* What was told of is over, and nobody else can tell more. */
  ck_assert_int_eq(quota_ask(&quota, 1000), QUOTA_MAY);
  quota.until = 2000;
  ck_assert_int_eq(quota_ask(&quota, 1999), QUOTA_SPENT);
  ck_assert_int_eq(quota_ask(&quota, 2000), QUOTA_MAY);
}
END_TEST

START_TEST(a_quota_is_told_in_words) {
  struct quota quota = {
      .limit = 100, .window = 21600, .remaining = 76, .until = 1704164645, .source = "192.0.2.1"};
  cleanup(cleanup_free) char *left = quota_text(&quota);
  ck_assert_str_eq(left, "76 of 100 left, of 6 hours (192.0.2.1)");
  cleanup(cleanup_free) char *spent = quota_spent_text(&quota);
  ck_assert_str_eq(spent, "the 100 of 6 hours are used up: try again after 2024-01-02T03:04:05Z");
  quota = (struct quota){.window = 86400, .remaining = 1, .until = 1704164645};
  cleanup(cleanup_free) char *less = quota_text(&quota);
  ck_assert_str_eq(less, "1 left, of 1 day");
  cleanup(cleanup_free) char *those = quota_spent_text(&quota);
  ck_assert_str_eq(those, "those of 1 day are used up: try again after 2024-01-02T03:04:05Z");
  quota.window = 0;
  cleanup(cleanup_free) char *nothing = quota_spent_text(&quota);
  ck_assert_str_eq(nothing, "nothing more is given now: try again after 2024-01-02T03:04:05Z");
}
END_TEST

START_TEST(urls_are_shown_without_secrets) {
  static const char *const cases[][2] = {
      {"https://r.example/v2/a?X-Amz-Signature=5ecret#5ecret", "https://r.example/v2/a"},
      {"https://u:5ecret@r.example:8443/v2/a", "https://r.example:8443/v2/a"},
      {"http://r.example", "http://r.example/"},
      {"https://r.example:8443/v2/a/manifests/v1.0_x-y",
       "https://r.example:8443/v2/a/manifests/v1.0_x-y"},
      {"https://r.example/v2/a:5ecret@b/c?d", "https://r.example/v2/a:5ecret@b/c"},
      {"https://r.example/v2/%41?5ecret", "https://r.example/v2/%41"},
      /* What is no URL may be anything. */
      {"http://u:5 ecret@r.example/v2/a?5ecret", "r.example/v2/a"},
      {"u:5ecret@r.example", "r.example"},
      {"", ""},
      {"http://r.example/\x1b[2J", "http://r.example/\xef\xbf\xbd[2J"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cleanup(cleanup_free) char *shown = http_url_display(cases[i][0]);
    ck_assert_str_eq(shown, cases[i][1]);
  }
}
END_TEST

static void ignore(void *arg, const struct http_response *response) {
  (void)arg;
  (void)response;
}

/* A request to http://NAME/, the SEQUENCE-th. */
static struct request *make(const char *url, uint64_t sequence) {
  struct request *request =
      request_new(&(struct http_request){.method = "GET", .url = url}, ignore, NULL);
  ck_assert_ptr_null(request->error);
  request->sequence = sequence;
  return request;
}

/* Takes the next one, which must be the SEQUENCE-th. */
static struct request *expect(struct queue *queue, uint64_t sequence) {
  struct request *request = queue_next(queue);
  ck_assert_ptr_nonnull(request);
  ck_assert_uint_eq(request->sequence, sequence);
  return request;
}

static void end(struct queue *queue, struct request *request) {
  ck_assert_uint_eq(queue_release(queue, request, QUEUE_OK), 0);
  request_free(request);
}

START_TEST(first_come_first_served_within_the_limits) {
  struct queue *queue = queue_new(3, 2);
  for (uint64_t i = 0; i < 3; i++)
    queue_add(queue, make("http://a/", i));
  queue_add(queue, make("http://b/", 3));
  queue_add(queue, make("http://B:80/x", 4));
  ck_assert_uint_eq(queue_queued(queue), 5);
  struct request *first = expect(queue, 0);
  /* b has none under way, and so comes before a's second. */
  struct request *third = expect(queue, 3);
  struct request *second = expect(queue, 1);
  ck_assert_ptr_null(queue_next(queue));
  ck_assert_uint_eq(queue_active(queue), 3);
  end(queue, third);
  /* The third of a must wait, and b's second need not. */
  third = expect(queue, 4);
  end(queue, first);
  first = expect(queue, 2);
  ck_assert_ptr_null(queue_next(queue));
  end(queue, first);
  end(queue, second);
  end(queue, third);
  ck_assert_uint_eq(queue_queued(queue) + queue_active(queue), 0);
  queue_free(queue);
}
END_TEST

/* A host that gives no answers ends with as many places as the one that gives them. */
START_TEST(a_slow_host_gets_its_share_and_no_more) {
  struct queue *queue = queue_new(4, 4);
  for (uint64_t i = 0; i < 8; i++)
    queue_add(queue, make("http://slow/", i));
  struct request *slow[4];
  for (uint64_t i = 0; i < 4; i++)
    slow[i] = expect(queue, i);
  for (uint64_t i = 8; i < 12; i++)
    queue_add(queue, make("http://quick/", i));
  end(queue, slow[0]);
  struct request *quick = expect(queue, 8);
  end(queue, slow[1]);
  struct request *other = expect(queue, 9);
  for (uint64_t i = 10; i < 12; i++) {
    end(queue, quick);
    quick = expect(queue, i);
  }
  end(queue, other);
  /* The quick one wants no more. */
  slow[0] = expect(queue, 4);
  end(queue, quick);
  slow[1] = expect(queue, 5);
  for (uint64_t i = 0; i < 4; i++)
    end(queue, slow[i]);
  for (uint64_t i = 6; i < 8; i++)
    end(queue, expect(queue, i));
  queue_free(queue);
}
END_TEST

START_TEST(lanes_of_a_host_are_throttled_apart) {
  struct queue *queue = queue_new(8, 2);
  static const char *const lanes[] = {"a", "a", "b", "b", NULL, NULL};
  struct request *requests[6];
  for (uint64_t i = 0; i < 6; i++) {
    const struct http_request asked = {.method = "GET", .url = "http://a/", .lane = lanes[i]};
    requests[i] = request_new(&asked, ignore, NULL);
    requests[i]->sequence = i;
    queue_add(queue, requests[i]);
  }
  for (size_t i = 0; i < 6; i++)
    ck_assert_ptr_nonnull(queue_next(queue));
  ck_assert_uint_eq(queue_release(queue, requests[0], QUEUE_THROTTLED), 1);
  ck_assert_uint_eq(queue_release(queue, requests[2], QUEUE_OK), 0);
  queue_add(queue, requests[0]);
  queue_add(queue, requests[2]);
  /* Of a one is under way, which is as much as it takes now. */
  ck_assert_ptr_eq(queue_next(queue), requests[2]);
  ck_assert_ptr_null(queue_next(queue));
  end(queue, requests[1]);
  ck_assert_ptr_eq(queue_next(queue), requests[0]);
  end(queue, requests[0]);
  for (size_t i = 2; i < 6; i++)
    end(queue, requests[i]);
  queue_free(queue);
}
END_TEST

START_TEST(a_delayed_request_keeps_its_place) {
  struct queue *queue = queue_new(1, 1);
  ck_assert_int_eq(queue_next_due(queue), -1);
  /* Due in an order that is neither that of sending nor its reverse. */
  static const int64_t due[] = {50, 20, 40, 10, 30, 10};
  for (uint64_t i = 0; i < 6; i++) {
    struct request *request = make("http://a/", i);
    request->due = due[i];
    queue_delay(queue, request);
  }
  ck_assert_uint_eq(queue_delayed(queue), 6);
  ck_assert_int_eq(queue_next_due(queue), 10);
  queue_add(queue, make("http://a/", 6));
  queue_wake(queue, 9);
  ck_assert_uint_eq(queue_queued(queue), 1);
  queue_wake(queue, 30);
  ck_assert_uint_eq(queue_delayed(queue), 2);
  ck_assert_int_eq(queue_next_due(queue), 40);
  static const uint64_t order[] = {1, 3, 4, 5, 6};
  for (size_t i = 0; i < 5; i++)
    end(queue, expect(queue, order[i]));
  queue_wake(queue, 50);
  end(queue, expect(queue, 0));
  end(queue, expect(queue, 2));
  ck_assert_ptr_null(queue_drain(queue));
  queue_free(queue);
}
END_TEST

START_TEST(a_throttled_host_recovers_by_steps) {
  struct queue *queue = queue_new(8, 8);
  struct request *requests[8];
  for (uint64_t i = 0; i < 40; i++)
    queue_add(queue, make("http://a/", i));
  for (uint64_t i = 0; i < 8; i++)
    requests[i] = expect(queue, i);
  /* All that were under way together lower it once. */
  ck_assert_uint_eq(queue_release(queue, requests[0], QUEUE_THROTTLED), 4);
  for (size_t i = 1; i < 8; i++)
    ck_assert_uint_eq(queue_release(queue, requests[i], QUEUE_THROTTLED), 0);
  for (size_t i = 0; i < 8; i++)
    request_free(requests[i]);
  for (uint64_t i = 0; i < 4; i++)
    requests[i] = expect(queue, 8 + i);
  ck_assert_ptr_null(queue_next(queue));
  ck_assert_uint_eq(queue_release(queue, requests[0], QUEUE_THROTTLED), 2);
  request_free(requests[0]);
  /* Two successes are a round at two. */
  end(queue, requests[1]);
  end(queue, requests[2]);
  ck_assert_uint_eq(queue_release(queue, requests[3], QUEUE_FAILED), 0);
  request_free(requests[3]);
  for (uint64_t i = 0; i < 3; i++)
    requests[i] = expect(queue, 12 + i);
  ck_assert_ptr_null(queue_next(queue));
  /* Never below one. */
  ck_assert_uint_eq(queue_release(queue, requests[0], QUEUE_THROTTLED), 1);
  request_free(requests[0]);
  end(queue, requests[1]);
  end(queue, requests[2]);
  /* Those made it 2, then half of 3: a lowering from 2 is to 1 and from 1 is none. */
  struct request *request = expect(queue, 15);
  ck_assert_uint_eq(queue_release(queue, request, QUEUE_THROTTLED), 1);
  request_free(request);
  request = expect(queue, 16);
  ck_assert_ptr_null(queue_next(queue));
  ck_assert_uint_eq(queue_release(queue, request, QUEUE_THROTTLED), 0);
  request_free(request);
  request = expect(queue, 17);
  end(queue, request);
  /* Another host was not to blame. */
  for (uint64_t i = 0; i < 8; i++)
    queue_add(queue, make("http://b/", 100 + i));
  size_t others = 0;
  size_t same = 0;
  struct request *rest[16];
  size_t count = 0;
  for (; (request = queue_next(queue)); rest[count++] = request)
    ++*(strcmp(request->origin, "http://a:80") == 0 ? &same : &others);
  ck_assert_uint_eq(same, 2);
  ck_assert_uint_eq(others, 6);
  while (count > 0)
    end(queue, rest[--count]);
  while ((request = queue_drain(queue)))
    request_free(request);
  queue_free(queue);
}
END_TEST

static const struct {
  const char *what;
  uint64_t first_heard, second_sent;
  bool first_ended, second_ended, same, shared;
} tries[] = {
    {"one after the other", 5, 6, true, false, true, false},
    {"one after the other, both over", 5, 6, true, true, true, false},
    {"sent while the other's answer came", 7, 6, true, false, true, true},
    {"sent while nothing had come", 1, 6, false, false, true, true},
    {"the second one over first", 1, 6, false, true, true, true},
    {"on another connection", 1, 6, false, false, false, false},
};

START_TEST(who_shared_a_connection_is_told_by_order) {
  for (int swap = 0; swap < 2; swap++) {
    struct overlap first = {.ended = tries[_i].first_ended};
    struct overlap second = {.ended = tries[_i].second_ended};
    uint64_t clock = 0;
    overlap_sent(&first, &clock, "192.0.2.1", 443, "192.0.2.2", 50000);
    ck_assert_uint_eq(first.sent, 1);
    clock = tries[_i].first_heard - 1;
    overlap_heard(&first, &clock);
    clock = tries[_i].second_sent - 1;
    overlap_sent(&second, &clock, "192.0.2.1", 443, "192.0.2.2", tries[_i].same ? 50000 : 50001);
    ck_assert_uint_eq(second.sent, tries[_i].second_sent);
    overlap_compare(swap ? &second : &first, swap ? &first : &second);
    ck_assert_msg(first.shared == tries[_i].shared && second.shared == tries[_i].shared, "%s",
                  tries[_i].what);
  }
  struct overlap none = {.ended = false}, neither = {.ended = false};
  overlap_compare(&none, &neither);
  ck_assert(!none.shared && !neither.shared);
}
END_TEST

UNIT_MAIN("http-parts", tcase_add_test(tcase, retry_after_in_seconds);
          tcase_add_test(tcase, retry_after_as_a_date);
          tcase_add_test(tcase, retry_after_that_is_none);
          tcase_add_test(tcase, the_backoff_doubles_up_to_its_limit);
          tcase_add_test(tcase, a_servers_wish_is_the_least_wait);
          tcase_add_test(tcase, statuses_tell_the_failure);
          tcase_add_test(tcase, what_a_name_turned_out_to_be_is_told_too);
          tcase_add_test(tcase, a_host_is_the_same_by_its_name);
          tcase_add_test(tcase, loopback_is_told_by_its_name);
          tcase_add_test(tcase, what_is_near_is_told_by_its_address);
          tcase_add_test(tcase, an_origin_is_scheme_name_and_port);
          tcase_add_test(tcase, redirects_are_resolved);
          tcase_add_test(tcase, redirects_are_refused);
          tcase_add_test(tcase, a_quota_is_not_overrun);
          tcase_add_test(tcase, a_quota_is_told_in_words);
          tcase_add_test(tcase, urls_are_shown_without_secrets);
          tcase_add_test(tcase, first_come_first_served_within_the_limits);
          tcase_add_test(tcase, a_slow_host_gets_its_share_and_no_more);
          tcase_add_test(tcase, lanes_of_a_host_are_throttled_apart);
          tcase_add_test(tcase, a_delayed_request_keeps_its_place);
          tcase_add_test(tcase, a_throttled_host_recovers_by_steps);
          tcase_add_loop_test(tcase, who_shared_a_connection_is_told_by_order, 0,
                              (int)(sizeof tries / sizeof *tries));)
