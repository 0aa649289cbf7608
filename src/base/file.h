/* Small files, read and replaced whole. For those that hold secrets: every copy that is made here
   is wiped. */
#ifndef OCIDUP_BASE_FILE_H
#define OCIDUP_BASE_FILE_H

#include <stddef.h>

#include "base/error.h"

/* The content of PATH, NUL-terminated behind its *LENGTH bytes; free with file_wipe. NULL with *err
   (STATUS_LOCAL) "PATH: why"; errno then tells ENOENT from others. More than MAX bytes is EFBIG,
   and what is no file (a folder, a FIFO that nobody writes) is not waited for. */
char *file_read(const char *path, size_t max, size_t *length, struct error **err);

/* Puts the LENGTH bytes of DATA into PATH for its owner's eyes only: written beside, synced and
   renamed into place. 0, or -1 with *err. */
int file_replace_private(const char *path, const char *data, size_t length, struct error **err);

/* Wipes and frees. NULL is allowed. */
void file_wipe(char *content, size_t length);

#endif
