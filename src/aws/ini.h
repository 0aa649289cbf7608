/* The file format of ~/.aws/config and ~/.aws/credentials (AWS SDKs and Tools Reference Guide,
   "Shared config and credentials files"): sections, keys, comments, and keys nested one deep below
   another ("s3 =" and indented lines). Where that guide and the AWS CLI differ, this reads as the
   CLI does: a comment has a line of its own (" #" behind a value belongs to the value), ':' ends a
   key too, and a line that is indented more than the key before it continues its value. Sections
   and keys may be there twice, which the CLI refuses and other SDKs allow. Lines, sections and
   values of any length up to INI_MAX a file. Knows no profile: see aws/profile. */
#ifndef OCIDUP_AWS_INI_H
#define OCIDUP_AWS_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Bytes of a file. */
#define INI_MAX ((size_t)16 * 1024 * 1024)

struct ini;

/* TEXT (borrowed) taken apart. NULL with *err (STATUS_LOCAL): "line N: why". Values are in no
   error. The same section twice is one; the same key twice: the later. */
struct ini *ini_parse(const char *text, size_t length, struct error **err);

/* The file at PATH. NULL with *err (STATUS_LOCAL) "PATH: why" or "PATH: line N: why"; NULL without
   *err when there is no such file, or it is a folder (as a container has one where a file that its
   host lacks was to be mounted). *DENIED (NULL: an error) is set, and there is no *err, when the
   file may not be read. */
struct ini *ini_read(const char *path, bool *denied, struct error **err);

/* Whether there is a SECTION, empty or not. */
bool ini_has(const struct ini *ini, const char *section);

/* The value of KEY in SECTION, as written there ("profile dev", "default"); NULL: none. Keys are
   compared without regard to case. Lines that continue a value are joined to it by LFs. "" for a
   key with others nested below it. Borrowed. */
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
