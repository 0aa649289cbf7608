#include <config.h>

#include "aws/ecr-error.h"

#include <string.h>

#include "unit.h"

static void parses(const char *body, const char *type, const char *code, const char *message) {
  struct ecr_error error;
  ecr_error_parse(body, strlen(body), type, &error);
  if (code)
    ck_assert_str_eq(error.code, code);
  else
    ck_assert_ptr_null(error.code);
  if (message)
    ck_assert_str_eq(error.message, message);
  else
    ck_assert_ptr_null(error.message);
  ecr_error_clear(&error);
}

START_TEST(error_documents) {
  parses("{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}", NULL,
         "ThrottlingException", "Rate exceeded");
  parses("{\"__type\":\"com.amazonaws.ecr#ServerException\",\"Message\":\"Sorry.\"}", NULL,
         "ServerException", "Sorry");
  parses("{\"__type\":\"a#b#LimitExceededException:http://host/x#y\"}", NULL,
         "LimitExceededException", NULL);
  parses("{\"message\":\"no\"}", "AccessDeniedException:http://internal/", "AccessDeniedException",
         "no");
  parses("", "ServiceUnavailable", "ServiceUnavailable", NULL);
  parses("{\"code\":\"Boom\"}", NULL, "Boom", NULL);
  parses("{\"__type\":\"One\"}", "Two", "One", NULL);
}
END_TEST

START_TEST(what_is_no_error_document) {
  parses("", NULL, NULL, NULL);
  parses("<html>502</html>", NULL, NULL, NULL);
  parses("[]", NULL, NULL, NULL);
  parses("{\"__type\":7,\"message\":{}}", NULL, NULL, NULL);
  parses("{\"__type\":\"\",\"message\":\"\"}", "", NULL, NULL);
  parses("{\"__type\":\"not a name\"}", "\x1b[2J", NULL, NULL);
}
END_TEST

START_TEST(messages_are_one_short_line) {
  parses("{\"message\":\"first\\r\\nsecond\"}", NULL, NULL, "first");
  parses("{\"message\":\"\\nsecond\"}", NULL, NULL, NULL);
  char body[2048] = "{\"message\":\"";
  size_t start = strlen(body);
  memset(body + start, 'x', 511);
  strncpy(body + start + 511, "\xc3\xa4 and more\"}", sizeof body - start - 511 - 1);
  struct ecr_error error;
  ecr_error_parse(body, strlen(body), NULL, &error);
  ck_assert_uint_eq(strlen(error.message), 511); /* not into the middle of the umlaut */
  ecr_error_clear(&error);
}
END_TEST

START_TEST(what_is_transient) {
  static const char *const yes[] = {"ThrottlingException",      "Throttling",
                                    "TooManyRequestsException", "LimitExceededException",
                                    "RequestTimeoutException",  "RequestTimeout",
                                    "ServerException",          "ServiceUnavailableException",
                                    "InternalFailure",          "RequestLimitExceeded"};
  static const char *const no[] = {"AccessDeniedException", "RepositoryNotFoundException",
                                   "ExpiredTokenException", "InvalidSignatureException",
                                   "ThrottlingExceptional", "Server2",
                                   "ValidationException",   "InvalidParameterException"};
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
    ck_assert_msg(ecr_error_is_transient(yes[i]), "%s", yes[i]);
  for (size_t i = 0; i < sizeof no / sizeof *no; i++)
    ck_assert_msg(!ecr_error_is_transient(no[i]), "%s", no[i]);
  ck_assert(!ecr_error_is_transient(NULL));
}
END_TEST

START_TEST(statuses) {
  static const struct {
    const char *code;
    long http;
    enum status status;
  } cases[] = {{"RepositoryNotFoundException", 400, STATUS_NOT_FOUND},
               {"ImageNotFoundException", 400, STATUS_NOT_FOUND},
               {"LayersNotFoundException", 400, STATUS_NOT_FOUND},
               {"RegistryPolicyNotFoundException", 400, STATUS_NOT_FOUND},
               {"AccessDeniedException", 400, STATUS_DENIED},
               {"AccessDenied", 403, STATUS_DENIED},
               {"UnrecognizedClientException", 400, STATUS_UNAUTHORIZED},
               {"InvalidSignatureException", 400, STATUS_UNAUTHORIZED},
               {"SignatureDoesNotMatch", 403, STATUS_UNAUTHORIZED},
               {"ExpiredTokenException", 400, STATUS_UNAUTHORIZED},
               {"MissingAuthenticationTokenException", 400, STATUS_UNAUTHORIZED},
               {"ThrottlingException", 400, STATUS_RATE_LIMITED},
               {"RequestTimeoutException", 400, STATUS_TIMEOUT},
               {"ServerException", 500, STATUS_SERVER_ERROR},
               {"InvalidParameterException", 400, STATUS_SERVER_ERROR},
               {NULL, 400, STATUS_SERVER_ERROR},
               {NULL, 403, STATUS_DENIED},
               {NULL, 429, STATUS_RATE_LIMITED},
               /* Another server's, not an image that is not there. */
               {NULL, 404, STATUS_SERVER_ERROR},
               {"UnknownThingException", 404, STATUS_SERVER_ERROR}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ck_assert_msg(ecr_error_status(cases[i].code, cases[i].http) == cases[i].status, "%s %ld: %s",
                  cases[i].code ? cases[i].code : "-", cases[i].http,
                  status_name(ecr_error_status(cases[i].code, cases[i].http)));
}
END_TEST

static void says(char *code, char *message, long http, const char *want) {
  struct error *error = NULL;
  const struct ecr_error said = {.code = code, .message = message};
  ck_assert_int_eq(ecr_error_set(&error, "DescribeImages", &said, http), -1);
  ck_assert_str_eq(error->message, want);
  error_free(error);
}

START_TEST(messages_say_what_to_do) {
  char denied[] = "AccessDeniedException", expired[] = "ExpiredTokenException";
  char why[] = "User x is not authorized", other[] = "KmsException";
  says(denied, why, 400,
       "DescribeImages: AccessDeniedException: User x is not authorized; allow ecr:DescribeImages");
  says(
      expired, NULL, 400,
      "DescribeImages: ExpiredTokenException; get new credentials, and check this machine's clock");
  says(other, NULL, 400, "DescribeImages: KmsException");
  says(NULL, NULL, 404, "DescribeImages: HTTP status 404; is the endpoint ECR's?");
}
END_TEST

UNIT_MAIN("ecr-error", tcase_add_test(tcase, error_documents);
          tcase_add_test(tcase, what_is_no_error_document);
          tcase_add_test(tcase, messages_are_one_short_line);
          tcase_add_test(tcase, what_is_transient); tcase_add_test(tcase, statuses);
          tcase_add_test(tcase, messages_say_what_to_do);)
