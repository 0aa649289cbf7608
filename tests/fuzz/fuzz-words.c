#include <config.h>

#include <string.h>

#include "base/process.h"
#include "base/xalloc.h"
#include "fuzz.h"

/* Words in single quotes, in which nothing means anything, are the same words. */
static void check_again(char *const *words, size_t size) {
  /* A quote in a word takes four bytes: '\'' */
  size_t count = 0;
  while (words[count])
    count++;
  char *command = xmalloc(4 * size + 3 * count + 1), *end = command;
  for (char *const *word = words; *word; word++) {
    *end++ = '\'';
    for (const char *c = *word; *c; c++) {
      *end++ = *c;
      if (*c == '\'') {
        memcpy(end, "\\''", 3);
        end += 3;
      }
    }
    *end++ = '\'';
    *end++ = ' ';
  }
  *end = '\0';
  char **again = process_words(command, NULL);
  FUZZ_REQUIRE(again);
  size_t i = 0;
  for (; words[i]; i++)
    FUZZ_REQUIRE(again[i] && strcmp(words[i], again[i]) == 0);
  FUZZ_REQUIRE(!again[i]);
  process_words_free(again);
  free(command);
}

/* A command line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = xstrndup(size ? (const char *)data : "", size);
  struct error *error = NULL;
  char **words = process_words(text, &error);
  FUZZ_REQUIRE((words == NULL) == (error != NULL));
  if (words) {
    FUZZ_REQUIRE(words[0]);
    size_t total = 0;
    for (char **word = words; *word; word++)
      total += strlen(*word);
    FUZZ_REQUIRE(total <= size);
    check_again(words, size);
  }
  process_words_free(words);
  error_free(error);
  free(text);
  return 0;
}
