/* Whether two tries were under way on one connection at the same time. On one of HTTP/2 that is as
   it should be. On one of HTTP/1.1 libcurl before 8.5 does it, too, when the same host has one of
   HTTP/2 (curl's issue 4885, pull request 12373), and then hands answers to the wrong tries: a
   digest that HEAD told would be another image's. */
#ifndef OCIDUP_NET_OVERLAP_H
#define OCIDUP_NET_OVERLAP_H

#include <stdbool.h>
#include <stdint.h>

/* A try on its connection. Times are of a clock that goes on with each event. */
struct overlap {
  char connection[112]; /* both its ends; "": none yet */
  uint64_t sent;        /* when its request was about to be sent */
  uint64_t heard;       /* when something of its answer came last */
  bool ended;
  bool shared; /* with another that was not over */
};

/* A request is about to be sent on the connection between those addresses and ports. */
void overlap_sent(struct overlap *overlap, uint64_t *clock, const char *there, int there_port,
                  const char *here, int here_port);

/* Something of the answer came. */
void overlap_heard(struct overlap *overlap, uint64_t *clock);

/* Marks both when they were under way on one connection at the same time. */
void overlap_compare(struct overlap *one, struct overlap *other);

#endif
