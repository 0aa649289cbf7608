#include <config.h>

#include "net/retry.h"

#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "net/http.h"

bool retry_status_is_transient(long http_status) {
  return http_status == 429 || http_status == 500 || http_status == 502 || http_status == 503 ||
         http_status == 504;
}

int64_t retry_delay(unsigned retries, long base_ms, long retry_after, uint64_t random) {
  int64_t limit = base_ms < RETRY_BACKOFF_MAX_MS ? base_ms : RETRY_BACKOFF_MAX_MS;
  if (retry_after >= 0)
    return (int64_t)retry_after * 1000 + (int64_t)(random % ((uint64_t)limit + 1));
  for (unsigned i = 0; i < retries && limit < RETRY_BACKOFF_MAX_MS; i++)
    limit *= 2;
  if (limit > RETRY_BACKOFF_MAX_MS)
    limit = RETRY_BACKOFF_MAX_MS;
  return (int64_t)(random % ((uint64_t)limit + 1));
}

long http_retry_after(const char *value, int64_t now, long max) {
  value += strspn(value, " \t");
  size_t length = strlen(value);
  while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
    length--;
  if (length == 0)
    return -1;
  size_t digits = strspn(value, "0123456789");
  if (digits == length) {
    long seconds = 0;
    for (size_t i = 0; i < digits && seconds < max; i++) {
      if (seconds > (max - (value[i] - '0')) / 10)
        return max;
      seconds = seconds * 10 + (value[i] - '0');
    }
    return seconds < max ? seconds : max;
  }
  /* All three forms of an HTTP date begin with a weekday; curl_getdate would take much more. */
  if (length > 64 || !((*value >= 'A' && *value <= 'Z') || (*value >= 'a' && *value <= 'z')) ||
      !strchr(value, ':'))
    return -1;
  time_t when = curl_getdate(value, NULL);
  if (when == -1)
    return -1;
  if ((int64_t)when <= now)
    return 0;
  /* WHEN is positive here, and NOW could be very negative: compare without overflow. */
  if (now < 0 || (int64_t)when - now > (int64_t)max)
    return max;
  return (long)((int64_t)when - now);
}

enum status http_status_failure(long http_status) {
  switch (http_status) {
  case 401:
    return STATUS_UNAUTHORIZED;
  case 403:
    return STATUS_DENIED;
  case 404:
    return STATUS_NOT_FOUND;
  case 408:
    return STATUS_TIMEOUT;
  case 429:
    return STATUS_RATE_LIMITED;
  default:
    return STATUS_SERVER_ERROR;
  }
}
