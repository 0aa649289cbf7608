/* A file without a name, for what is too much for memory: in $TMPDIR, else in /tmp, and gone with
   its descriptor. */
#ifndef OCIDUP_BASE_SCRATCH_H
#define OCIDUP_BASE_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* A descriptor, to be closed by the caller; -1 with errno. */
int scratch_open(void);

/* All of the LENGTH bytes of DATA at OFFSET. 0, or -1 with errno. */
int scratch_write(int fd, const void *data, size_t length, uint64_t offset);

/* All of LENGTH bytes from OFFSET into DATA. 0, or -1 with errno (EIO: the file is shorter). */
int scratch_read(int fd, void *data, size_t length, uint64_t offset);

#endif
