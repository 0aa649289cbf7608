/* The file format of ~/.aws/config and ~/.aws/credentials (AWS SDKs and Tools Reference Guide,
   "Shared config and credentials files"): sections, keys, comments, and keys nested one deep below
   another ("s3 =" and indented lines). Lines, sections and values of any length up to INI_MAX a
   file. Knows no profile: see aws/profile. */
#ifndef OCIDUP_AWS_INI_H
#define OCIDUP_AWS_INI_H

#include <stddef.h>

#include "base/error.h"

/* Bytes of a file. */
#define INI_MAX ((size_t)16 * 1024 * 1024)

struct ini;

/* TEXT (borrowed) taken apart. NULL with *err (STATUS_LOCAL): "line N: why". Values are in no
   error. The same section twice is one; the same key twice: the later. */
struct ini *ini_parse(const char *text, size_t length, struct error **err);

/* The file at PATH. NULL with *err; NULL without *err when there is no such file. */
struct ini *ini_read(const char *path, struct error **err);

/* The value of KEY in SECTION, as written there ("profile dev", "default"); NULL: none. Keys are
   compared without regard to case. Borrowed. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);

/* The value of KEY nested below PARENT. */
const char *ini_get_nested(const struct ini *ini, const char *section, const char *parent,
                           const char *key);

/* The name of section number I, in the order first met, blanks in it as written once trimmed; NULL
   behind the last. */
const char *ini_section(const struct ini *ini, size_t i);

/* Wipes. NULL is allowed. */
void ini_free(struct ini *ini);

#endif
