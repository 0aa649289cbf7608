#include <config.h>

#include "base/secret.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void secret_free_block(void *block) {
  if (block)
    OPENSSL_cleanse(block, malloc_usable_size(block));
  free(block);
}

void *secret_realloc(void *block, size_t size) {
  size_t had = block ? malloc_usable_size(block) : 0;
  if (block && size <= had && size > had / 2)
    return block;
  void *larger = malloc(size ? size : 1);
  if (!larger)
    return NULL;
  if (block)
    memcpy(larger, block, had < size ? had : size);
  secret_free_block(block);
  return larger;
}

void secret_guard_process(void) {
  /* Neither can fail: less is always allowed. */
  (void)setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
  (void)prctl(PR_SET_DUMPABLE, 0);
}
