/* The rows of a file by several threads. Of a regular file each reads a piece in its turn, so that
   the piece is in its own cache, and works at it. Of anything else, where a read may take long,
   only the one that was called reads: it alone has signals delivered, and its reads are
   interrupted. It gives pieces to the others while they have less than two each, and works at one
   itself when all have enough to do: so it is never idle, and of a slow pipe it does nothing but
   read. */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/record-private.h"
#include "base/xalloc.h"

/* Pieces on their way, in the order of the file. */
struct item {
  struct item *next;
  struct record_rows rows;
};

struct helper {
  struct crew *crew;
  void *arg;
  pthread_t thread;
};

struct crew {
  const struct record_header *header;
  record_each_fn *each;
  bool all_read;           /* each thread reads what it works at */
  pthread_mutex_t reading; /* of these: */
  struct lines *lines;
  size_t index; /* of the next piece */
  int got;      /* of lines_piece */
  struct error *failure;
  pthread_mutex_t lock; /* of all below; may be taken while reading, not the other way round */
  pthread_cond_t more;
  struct item *first, *last; /* that wait to be worked at */
  size_t waiting;
  bool closed; /* no more will come */
  struct item *spare;
  struct item *refused; /* of those that were, the first in the file; it stays as it was */
  size_t *line_counts;  /* of each piece, by its index */
  size_t line_capacity;
};

static struct item *item_new(struct crew *crew) {
  pthread_mutex_lock(&crew->lock);
  struct item *item = crew->spare;
  if (item)
    crew->spare = item->next;
  pthread_mutex_unlock(&crew->lock);
  if (!item) {
    item = xcalloc(1, sizeof *item);
    record_rows_init(&item->rows, crew->header);
  }
  return item;
}

static void item_free(struct item *item) {
  record_rows_clear(&item->rows);
  free(item);
}

static void put_aside(struct crew *crew, struct item *item) {
  if (!item)
    return;
  item->next = crew->spare;
  crew->spare = item;
}

/* Works at all rows of ITEM; it is not the caller's any more. */
static void work_at(struct crew *crew, struct item *item, void *arg) {
  struct record_rows *rows = &item->rows;
  struct error *refusal = NULL; /* with a number that counts from the piece's first line */
  record_rows_start(rows, 0);
  int got;
  while ((got = record_rows_next(rows, &refusal)) > 0)
    crew->each(arg, &rows->row);
  error_free(refusal);
  pthread_mutex_lock(&crew->lock);
  crew->line_counts[rows->index] = rows->line;
  if (got < 0 && (!crew->refused || rows->index < crew->refused->rows.index)) {
    put_aside(crew, crew->refused);
    crew->refused = item;
  } else {
    put_aside(crew, item);
  }
  pthread_mutex_unlock(&crew->lock);
}

static struct item *take_first(struct crew *crew) {
  struct item *item = crew->first;
  if (item) {
    crew->first = item->next;
    crew->waiting--;
  }
  return item;
}

/* Counts a piece; whether to go on: when some row was refused, what comes behind it does not
 * matter.
 */
static bool note_piece(struct crew *crew, struct item *item, size_t index) {
  item->rows.index = index;
  pthread_mutex_lock(&crew->lock);
  crew->line_counts =
      xgrow(crew->line_counts, index, &crew->line_capacity, sizeof *crew->line_counts);
  bool go_on = !crew->refused;
  pthread_mutex_unlock(&crew->lock);
  return go_on;
}

/* The next piece into ITEM. False at the end, when reading failed or was stopped (`got`), and when
   a row was refused. */
static bool read_piece(struct crew *crew, struct item *item) {
  pthread_mutex_lock(&crew->reading);
  if (crew->got > 0)
    crew->got = lines_piece(crew->lines, &item->rows.piece, &crew->failure);
  bool go_on = crew->got > 0 && note_piece(crew, item, crew->index++);
  pthread_mutex_unlock(&crew->reading);
  return go_on;
}

/* The next piece for a helper; NULL: there are no more. */
static struct item *next_item(struct crew *crew) {
  if (crew->all_read) {
    struct item *item = item_new(crew);
    if (read_piece(crew, item))
      return item;
    item_free(item);
    return NULL;
  }
  pthread_mutex_lock(&crew->lock);
  while (!crew->first && !crew->closed)
    pthread_cond_wait(&crew->more, &crew->lock);
  struct item *item = take_first(crew);
  pthread_mutex_unlock(&crew->lock);
  return item;
}

static void *help(void *arg) {
  struct helper *helper = arg;
  struct item *item;
  while ((item = next_item(helper->crew)))
    work_at(helper->crew, item, helper->arg);
  return NULL;
}

/* Starts a thread that has no signals delivered. False when there can be no more: then there are
   those that there are. */
static bool start(struct helper *helper) {
  sigset_t all, old;
  sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &old))
    return false;
  bool started = pthread_create(&helper->thread, NULL, help, helper) == 0;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return started;
}

/* Gives ITEM to HELPERS threads, unless they have enough. */
static bool give(struct crew *crew, struct item *item, size_t helpers) {
  pthread_mutex_lock(&crew->lock);
  bool given = crew->waiting < helpers;
  if (given) {
    item->next = NULL;
    if (crew->first)
      crew->last->next = item;
    else
      crew->first = item;
    crew->last = item;
    crew->waiting++;
    pthread_cond_signal(&crew->more);
  }
  pthread_mutex_unlock(&crew->lock);
  return given;
}

/* Refuses the row again, now that all lines before it are counted. */
static int refuse(struct crew *crew, struct error **err) {
  struct record_rows *rows = &crew->refused->rows;
  rows->line++; /* the header */
  for (size_t i = 0; i < rows->index; i++)
    rows->line += crew->line_counts[i];
  return record_rows_next(rows, err);
}

static void free_items(struct item *item) {
  while (item) {
    struct item *next = item->next;
    item_free(item);
    item = next;
  }
}

/* Calls LOOK, and stops all when it says so. */
static void look_around(struct crew *crew, bool (*look)(void *arg), void *arg) {
  pthread_mutex_lock(&crew->reading);
  if (!look(arg) && crew->got > 0)
    crew->got = error_set(&crew->failure, STATUS_LOCAL, "stopped");
  pthread_mutex_unlock(&crew->reading);
}

int record_reader_each(struct record_reader *reader, size_t jobs, record_each_fn *each,
                       void *const *args, bool (*look)(void *arg), void *look_arg,
                       struct error **err) {
  struct crew crew = {.header = &reader->header,
                      .each = each,
                      .all_read = lines_never_wait(reader->lines),
                      .reading = PTHREAD_MUTEX_INITIALIZER,
                      .lines = reader->lines,
                      .got = 1,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .more = PTHREAD_COND_INITIALIZER};
  struct helper *helpers = xcalloc(jobs, sizeof *helpers);
  size_t started = 0, wanted = jobs - 1;
  struct item *item = item_new(&crew);
  for (bool first = true; read_piece(&crew, item); first = false) {
    if (started < wanted && !first) {
      helpers[started] = (struct helper){.crew = &crew, .arg = args[started + 1]};
      if (start(&helpers[started]))
        started++;
      else
        wanted = started;
    }
    if (crew.all_read || !give(&crew, item, started))
      work_at(&crew, item, args[0]);
    item = item_new(&crew);
    look_around(&crew, look, look_arg);
  }
  item_free(item);
  pthread_mutex_lock(&crew.lock);
  crew.closed = true;
  pthread_cond_broadcast(&crew.more);
  while ((item = take_first(&crew))) {
    pthread_mutex_unlock(&crew.lock);
    work_at(&crew, item, args[0]);
    pthread_mutex_lock(&crew.lock);
  }
  pthread_mutex_unlock(&crew.lock);
  for (size_t i = 0; i < started; i++)
    pthread_join(helpers[i].thread, NULL);
  if (crew.refused) {
    error_free(crew.failure);
    crew.failure = NULL;
    crew.got = refuse(&crew, &crew.failure);
    item_free(crew.refused);
  }
  free_items(crew.spare);
  free(crew.line_counts);
  free(helpers);
  reader->ended = crew.got == 0;
  reader->failure = crew.failure;
  return crew.got < 0 ? error_set(err, crew.failure->status, "%s", crew.failure->message) : 0;
}
