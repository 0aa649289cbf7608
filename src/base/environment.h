/* What of our environment a program gets that hands out credentials: where it finds things, how it
   is reached and what language it speaks, and the settings of the helpers that there are. Secrets
   that are for other programs (GITHUB_TOKEN, DATABASE_PASSWORD) are none of its business. */
#ifndef OCIDUP_BASE_ENVIRONMENT_H
#define OCIDUP_BASE_ENVIRONMENT_H

/* The variable that names more of them: names, with blanks or commas between them; one that ends
   with
   `*` stands for all that begin so. */
#define ENVIRONMENT_MORE "OCIDUP_HELPER_ENV"

/* Those of OURS ("NAME=value", ending with NULL) that a helper gets: an array like it, whose
   strings are of OURS. Free with free(). */
char **environment_for_helper(char *const *ours);

#endif
