#include <config.h>

#include "base/timestamp.h"

#include <stddef.h>

#include "base/xalloc.h"

#define DAY 86400
/* From 0000-03-01, where the count below starts (a leap day ends a year there), to 1970-01-01. */
#define DAYS_TO_EPOCH 719468
#define DAYS_IN_400_YEARS 146097

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define FIRST INT64_C(-62167219200)
#define LAST INT64_C(253402300799)

static bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days of the months from March up to MONTH (0: March). */
static int days_before(int month) {
  return (153 * month + 2) / 5;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, year >= 0. */
static int64_t days_of(int year, int month, int day) {
  int64_t y = month <= 2 ? year + 399 : year + 400; /* one era on: never negative */
  int64_t era = y / 400, year_of_era = y % 400;
  int day_of_year = days_before((month + 9) % 12) + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (era - 1) * DAYS_IN_400_YEARS + day_of_era - DAYS_TO_EPOCH;
}

/* VALUE in COUNT digits, and AFTER, to *AT. By hand: of each image there is one or more. */
static void put(char **at, int value, int count, char after) {
  for (int i = count - 1; i >= 0; i--, value /= 10)
    (*at)[i] = (char)('0' + value % 10);
  (*at)[count] = after;
  *at += count + 1;
}

char *timestamp_format(int64_t seconds) {
  if (seconds < FIRST || seconds > LAST)
    return NULL;
  int64_t since = seconds - FIRST;
  int64_t days = since / DAY + FIRST / DAY + DAYS_TO_EPOCH + DAYS_IN_400_YEARS;
  int second_of_day = (int)(since % DAY);

  int64_t era = days / DAYS_IN_400_YEARS;
  int day_of_era = (int)(days % DAYS_IN_400_YEARS);
  int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int from_march = (5 * day_of_year + 2) / 153;
  int month = from_march < 10 ? from_march + 3 : from_march - 9;
  int year = (int)(era - 1) * 400 + year_of_era + (month <= 2);
  char *text = xmalloc(sizeof "YYYY-MM-DDThh:mm:ssZ"), *at = text;
  put(&at, year, 4, '-');
  put(&at, month, 2, '-');
  put(&at, day_of_year - days_before(from_march) + 1, 2, 'T');
  put(&at, second_of_day / 3600, 2, ':');
  put(&at, second_of_day / 60 % 60, 2, ':');
  put(&at, second_of_day % 60, 2, 'Z');
  *at = '\0';
  return text;
}

char *timestamp_format_double(double seconds) {
  if (!(seconds >= (double)FIRST && seconds < (double)LAST + 1))
    return NULL;
  int64_t whole = (int64_t)seconds;
  return timestamp_format((double)whole > seconds ? whole - 1 : whole);
}

/* Reads exactly COUNT digits. */
static bool digits(const char **text, int count, int *value) {
  *value = 0;
  for (; count > 0; count--, (*text)++) {
    if (**text < '0' || **text > '9')
      return false;
    *value = *value * 10 + (**text - '0');
  }
  return true;
}

static bool literal(const char **text, char wanted) {
  if (**text != wanted)
    return false;
  (*text)++;
  return true;
}

/* The rest of a date-time from its offset on: seconds east of UTC. */
static bool offset_of(const char *text, int *offset) {
  if (*text == 'Z' || *text == 'z') {
    *offset = 0;
    return text[1] == '\0';
  }
  if (*text != '+' && *text != '-')
    return false;
  int sign = *text++ == '-' ? -1 : 1, hours, minutes;
  if (!digits(&text, 2, &hours) || !literal(&text, ':') || !digits(&text, 2, &minutes) ||
      *text != '\0' || hours > 23 || minutes > 59)
    return false;
  *offset = sign * (hours * 3600 + minutes * 60);
  return true;
}

bool timestamp_parse(const char *text, int64_t *seconds) {
  int year, month, day, hour, minute, second, offset;
  if (!digits(&text, 4, &year) || !literal(&text, '-') || !digits(&text, 2, &month) ||
      !literal(&text, '-') || !digits(&text, 2, &day) ||
      !(literal(&text, 'T') || literal(&text, 't')) || !digits(&text, 2, &hour) ||
      !literal(&text, ':') || !digits(&text, 2, &minute) || !literal(&text, ':') ||
      !digits(&text, 2, &second))
    return false;
  if (literal(&text, '.')) {
    int digit;
    if (!digits(&text, 1, &digit))
      return false;
    while (*text >= '0' && *text <= '9')
      text++;
  }
  if (!offset_of(text, &offset) || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
    return false;
  *seconds = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
  return true;
}

char *timestamp_normalize(const char *text) {
  int64_t seconds;
  return timestamp_parse(text, &seconds) ? timestamp_format(seconds) : NULL;
}
