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

/* Says why on stderr and ends the program: a figure from a run that failed is worth nothing. */
void fail(const char *what, const char *why);

/* A setting from the environment. */
const char *setting(const char *name);
unsigned long setting_number(const char *name);

/* The ids of so many conversations; to be freed. */
struct conversation_id *conversation_ids(unsigned long count);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* A line of /proc/self/status, such as VmRSS or VmHWM, in kB. */
unsigned long memory_kb(const char *name);

#endif
