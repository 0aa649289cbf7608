/* The images of bench-server: which there are follows from a shape, and their bytes from their
   number. Keeps two digests and two places for each, some 80 bytes, and makes the rest when it is
   asked for. Also the buffer that answers are put together in. */
#ifndef OCIDUP_BENCH_IMAGES_H
#define OCIDUP_BENCH_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Grows by itself; memory that is out ends the program. */
struct text {
  char *data;
  size_t length, capacity;
};

void text_put(struct text *text, const char *data, size_t length);
void text_puts(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct images_shape {
  size_t repositories;
  size_t images;   /* tagged, in each */
  size_t children; /* of each of them; 0: it is a single image */
  size_t layers;
};

/* All take a repository or an image by number; images of all repositories are numbered through. */
struct images;

/* What DescribeImages says of the size. */
enum { IMAGE_BYTES = 51234567, NAME_SIZE = 32 };

struct images *images_new(const struct images_shape *shape);

size_t images_repositories(const struct images *images);
size_t images_count(const struct images *images);
/* How many a repository lists: the children, too. */
size_t images_listed(const struct images *images);

/* Writes the name of REPOSITORY; in its order. */
void images_name(size_t repository, char name[NAME_SIZE]);

/* These give SIZE_MAX for what there is none of. */
size_t images_repository(const struct images *images, const char *name, size_t length);
size_t images_find(const struct images *images, size_t repository, const char *digest,
                   size_t length);
size_t images_find_config(const struct images *images, size_t repository, const char *digest,
                          size_t length);

/* The image that REPOSITORY lists at PLACE: by digest, so that an index stands before or behind
   what it lists. */
size_t images_at(const struct images *images, size_t repository, size_t place);

bool images_is_index(const struct images *images, size_t image);
const char *images_media_type(const struct images *images, size_t image);

void images_put_digest(const struct images *images, size_t image, struct text *out);
/* "imageTags":["v1"], when there are any. */
void images_put_tags(const struct images *images, size_t image, struct text *out);
/* ESCAPED: for a JSON string. */
void images_put_manifest(const struct images *images, size_t image, bool escaped, struct text *out);
void images_put_config(const struct images *images, size_t image, struct text *out);

#endif
