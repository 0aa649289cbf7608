/* answer: what the join says of worlds from standard input (worlds.py), as fast as it can be asked.

   A world is lines of words behind a name: `ask WORD...` (base, names, platform=P, parts=N: the
   inventory's rows as N threads have them), `source
   COLUMN=VALUE...`, `inventory COLUMN=VALUE...`, and `.`, which asks for the answer; the lines of
   that are told in oracle.py, and `.` ends them. Blank lines, `#` and `want` lines are skipped. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/match.h"

enum { ROWS_MAX = 100000, WANTED_MAX = 16, PARTS_MAX = 16, FAILED = 99 };

struct row {
  bool source;
  struct record record;
};

struct world {
  struct match_options options;
  const char *wanted[WANTED_MAX + 1];
  size_t wanted_count;
  size_t part_count;     /* 0: whoever has one thread */
  char *lines[ROWS_MAX]; /* the rows' strings */
  size_t row_count;
  struct row rows[ROWS_MAX];
};

static _Noreturn void fail(const char *what, const char *text) {
  fprintf(stderr, "answer: %s: %s\n", what, text);
  exit(FAILED);
}

static void ask(struct world *world, char *words) {
  static const char platform[] = "platform=", parts[] = "parts=";
  char *rest = NULL;
  for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    if (strcmp(word, "base") == 0)
      world->options.base = true;
    else if (strcmp(word, "names") == 0)
      world->options.names = true;
    else if (strncmp(word, platform, sizeof platform - 1) == 0 && world->wanted_count < WANTED_MAX)
      world->wanted[world->wanted_count++] = word + sizeof platform - 1;
    else if (strncmp(word, parts, sizeof parts - 1) == 0)
      world->part_count = strtoul(word + sizeof parts - 1, NULL, 10) % (PARTS_MAX + 1);
    else
      fail("no such question", word);
  }
  world->options.platforms = world->wanted_count ? world->wanted : NULL;
}

static void add_row(struct world *world, bool source, char *words) {
  struct row *row = &world->rows[world->row_count];
  *row = (struct row){.source = source};
  char *rest = NULL;
  for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(word, '=');
    if (!value)
      fail("no value", word);
    *value++ = '\0';
    int column = 0;
    while (column < RECORD_COLUMNS && strcmp(word, record_column_name((enum record_column)column)))
      column++;
    if (column == RECORD_COLUMNS)
      fail("no such column", word);
    row->record.cell[column] = value;
  }
}

static void print_match(const struct report_match *match) {
  printf("match %s %s %s", match->image, platform_state_name(match->state),
         evidence_name(match->evidence));
  for (uint32_t i = 0; i < match->pair_count; i++) {
    const struct report_pair *pair = &match->pairs[i];
    printf(" %u=%s/%s/%s/%s/%s", (unsigned)pair->platform, evidence_name(pair->evidence),
           platform_state_name(pair->state), status_name(pair->status),
           pair->digest ? pair->digest : "-", pair->manifest_digest ? pair->manifest_digest : "-");
  }
  putchar('\n');
}

static void print_report(const struct report *report) {
  for (size_t i = 0; i < report->source_count; i++) {
    const struct report_source *source = &report->sources[i];
    printf("source %s %s", verdict_name(source->verdict), source->spread ? "spread" : "-");
    for (size_t j = 0; j < source->platform_count; j++)
      printf(" %s", platform_state_name(source->platforms[j].state));
    putchar('\n');
    for (size_t j = 0; j < source->match_count; j++)
      print_match(&source->matches[j]);
  }
  size_t hiding = 0;
  for (size_t i = 0; i < report->failure_count; i++)
    hiding += report->failures[i].hides;
  printf("inventory %zu %zu %zu %zu", report->inventory_images, report->without_config,
         report->failure_count, hiding);
  for (int i = 0; i < EVIDENCE_SELF; i++)
    if (report->compared & 1u << i)
      printf(" %s", evidence_name((enum evidence)i));
  printf("\n.\n");
}

static void add_part_row(struct match_part *part, const struct record *record) {
  struct record_row row = {.record = *record};
  for (int i = 0; i < RECORD_COLUMNS; i++)
    row.length[i] = record->cell[i] ? (uint32_t)strlen(record->cell[i]) : 0;
  match_part_row(part, &row);
}

/* Answers and forgets the world. */
static void answer(struct world *world) {
  struct match *match = match_new(&world->options);
  for (size_t i = 0; i < world->row_count; i++)
    if (world->rows[i].source)
      match_source(match, &world->rows[i].record);
  struct match_part *parts[PARTS_MAX];
  for (size_t i = 0; i < world->part_count; i++)
    parts[i] = match_part_new(match);
  for (size_t i = 0; i < world->row_count; i++)
    if (!world->rows[i].source && world->part_count)
      add_part_row(parts[i % world->part_count], &world->rows[i].record);
    else if (!world->rows[i].source)
      match_inventory(match, &world->rows[i].record);
  print_report(match_finish(match, NULL));
  match_free(match);
  for (size_t i = 0; i < world->row_count; i++)
    free(world->lines[i]);
  world->row_count = 0;
  for (size_t i = 0; i < world->wanted_count; i++)
    world->wanted[i] = NULL;
  world->wanted_count = 0;
  world->part_count = 0;
  world->options = (struct match_options){.platforms = NULL};
}

int main(void) {
  struct world *world = calloc(1, sizeof *world);
  if (!world)
    fail("memory", "is out");
  char *asked = NULL, *line = NULL;
  size_t size = 0;
  ssize_t length;
  while ((length = getline(&line, &size, stdin)) > 0) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    char *words = line + strcspn(line, " ");
    if (*words)
      *words++ = '\0';
    bool source = strcmp(line, "source") == 0;
    if (source || strcmp(line, "inventory") == 0) {
      if (world->row_count == ROWS_MAX)
        fail("too many rows", words);
      world->lines[world->row_count] = strdup(words);
      if (!world->lines[world->row_count])
        fail("memory", "is out");
      add_row(world, source, world->lines[world->row_count]);
      world->row_count++;
    } else if (strcmp(line, "ask") == 0) {
      free(asked);
      asked = strdup(words);
      if (!asked)
        fail("memory", "is out");
      ask(world, asked);
    } else if (strcmp(line, ".") == 0) {
      answer(world);
    } else if (*line && *line != '#' && strcmp(line, "want") != 0) {
      fail("no such line", line);
    }
  }
  free(asked);
  free(line);
  free(world);
  return ferror(stdin) || fflush(stdout) ? FAILED : EXIT_SUCCESS;
}
