/* Runs a program and takes what it prints: no shell, a time limit, a limit on bytes. For helpers
   that hand out credentials, so what was printed is wiped, what it writes to standard error (of
   which nobody knows what is secret) goes to nobody, and base/environment says what of our
   environment it gets. */
#ifndef OCIDUP_BASE_PROCESS_H
#define OCIDUP_BASE_PROCESS_H

#include <stddef.h>

#include "base/error.h"

struct process_result {
  int status;   /* exit status; 128 and the signal's number when one ended it */
  char *output; /* of standard output, NUL-terminated behind its end */
  size_t length;
};

/* For `struct process_result r = PROCESS_RESULT;` */
#define PROCESS_RESULT                                                                             \
  { .status = 0 }

struct process_options {
  const char *input; /* for standard input; NULL: nothing */
  size_t max_output; /* mandatory: a program that prints more is ended: -1 */
  long timeout;      /* seconds, mandatory: then it is ended, with all it started: -1 */
  int stop_fd; /* when readable, it is ended as well: -1 "interrupted"; 0 and below: none */
};

/* ARGV[0] is looked for in PATH and ends with NULL. 0 with *RESULT when it ran to its end, whatever
   its status; or -1 with *err (STATUS_LOCAL) "PROGRAM: why" when it could not be started, or was
   ended by us. Nothing of ours is open in it but the three standard files. */
int process_run(const char *const *argv, const struct process_options *options,
                struct process_result *result, struct error **err);

/* Splits a command line as a POSIX shell splits words: blanks, quotes, backslashes, nothing else is
   expanded. The words, owned, ending with NULL; free with process_words_free. NULL with *err for a
   quote that is not closed, or nothing. */
char **process_words(const char *command, struct error **err);
void process_words_free(char **words);

/* Wipes. */
void process_result_clear(struct process_result *result);

#endif
