/* Prints which provider has the AWS keys of this environment, and their ID: "PROVIDER\tID", or
   "!\tERROR". For tests/peers/credentials.py; with an operand, it is --profile. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/source.h"

int main(int argc, char **argv) {
  (void)signal(SIGPIPE, SIG_IGN);
  struct aws_context *context = aws_context_new(&(struct http_options){.stop_fd = -1});
  const struct aws_source_options options = {.profile = argc > 1 ? argv[1] : NULL};
  struct aws_source *source = aws_source_new(context, NULL, &options);
  struct error *error = NULL;
  const struct aws_credentials *keys = aws_source_get(source, &error);
  printf("%s\t%s\n", keys ? keys->provider : "!", keys ? keys->access_key_id : error->message);
  error_free(error);
  aws_source_free(source);
  aws_context_free(context);
  return EXIT_SUCCESS;
}
