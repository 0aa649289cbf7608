/* libcurl's transfers, driven by their sockets: one poll(2) for all of them, and libcurl is told
   only of those for which there is something (curl_multi_socket_action); it would look at each of
   them, each time, by itself. Owns the multi handle, and knows nothing of what is transferred. */
#ifndef OCIDUP_NET_LOOP_H
#define OCIDUP_NET_LOOP_H

#include <stdint.h>

#include <curl/curl.h>

#include "base/error.h"

struct loop;

enum loop_result { LOOP_OK, LOOP_STOPPED, LOOP_FAILED };

/* No connection is closed while there are no more than MAX_CONNECTIONS of them. Before anything
   that waits, loop_turn ends when STOP_FD (-1: none) is readable. NULL: libcurl cannot be used. */
struct loop *loop_new(size_t max_connections, int stop_fd);

/* EASY is transferred from the next turn on. 0 or -1. */
int loop_add(struct loop *loop, CURL *easy);

/* Whatever became of it. */
void loop_remove(struct loop *loop, CURL *easy);

/* Waits up to TIMEOUT milliseconds for something that can be done, and does it. */
enum loop_result loop_turn(struct loop *loop, int timeout, struct error **err);

/* Does what libcurl wants done by now, as begin what was added. Not from a callback of libcurl's; a
   failure is told by the next turn. */
void loop_hurry(struct loop *loop);

/* A transfer that ended and was not given yet, and how; NULL: there is none. */
CURL *loop_ended(struct loop *loop, CURLcode *code);

/* No transfer may be left. NULL is allowed. */
void loop_free(struct loop *loop);

#endif
