/* The providers of AWS credentials in the order of the AWS SDKs: which there are, which of them
   count when a profile was named, and what is said when none has keys. Keeps nothing: when they are
   asked is aws/source's business. */
#ifndef OCIDUP_AWS_CHAIN_H
#define OCIDUP_AWS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/credentials.h"
#include "aws/sts.h"
#include "base/error.h"

/* Who is asked for whom; borrowed. */
struct aws_chain {
  struct sts sts; /* its profile is the one that is meant */
  bool named;     /* the profile was named on the command line: keys in variables do not count */
};

/* The keys of the first provider that has some, and its number for aws_chain_ask; caller frees.
   NULL with *err when the one that is meant cannot, when the profile was named (on the command line
   or by a variable) and does not exist, or when none has keys: what was looked for and where, in
   order, and what to do. */
struct aws_credentials *aws_chain_find(const struct aws_chain *chain, size_t *provider,
                                       struct error **err);

/* The keys that PROVIDER gives now; caller frees. NULL with *err, also when it has none any more.
 */
struct aws_credentials *aws_chain_ask(const struct aws_chain *chain, size_t provider,
                                      struct error **err);

#endif
