/* What the programs of the benchmarks share: the event, settings, the clock, and memory. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#define EVENT_TYPE "custom:my-event"
#define EVENT_FROM "MEM-e46d9542-752a-4786-8f12-25a2e623a793"
#define EVENT_BODY "{\"key\":\"value\"}"

struct conversation_id {
    char text[48];
};

/* Says why on stderr and exits: figures from a failed run are worth nothing. */
void fail(const char *what, const char *why);

/* Returns a setting from the environment. */
const char *setting(const char *name);
unsigned long setting_number(const char *name);

/* Makes the ids of this many conversations. The caller frees them. */
struct conversation_id *conversation_ids(unsigned long count);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* Returns a line of /proc/self/status, such as VmRSS or VmHWM, in kB. */
unsigned long memory_kb(const char *name);

#endif
