/* What the programs of this folder share. */
#ifndef SCALE_H
#define SCALE_H

#include <stdint.h>
#include <vce.h>

#define EVENT_TYPE "custom:my-event"
#define EVENT_FROM "MEM-e46d9542-752a-4786-8f12-25a2e623a793"
#define EVENT_BODY "{\"key\":\"value\"}"

struct conversation_id {
    char text[48];
};

/* Says why, and ends the program: a figure from a run that failed is worth nothing. */
void fail(const char *what);

/* As fail, unless the status is VCE_OK. */
void check(vce_status status, vce_error *error);

/* A setting from the environment. */
const char *setting(const char *name);
unsigned long setting_number(const char *name);

/* The ids of so many conversations; to be freed. */
struct conversation_id *conversation_ids(unsigned long count);

/* A client of that server, with so many connections and a queue that is never full. */
vce_client *new_client(const char *base_url, unsigned long connections);

void enqueue(const vce_client *client, const struct conversation_id *conversation);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* What the process has used so far. */
struct usage {
    uint64_t at_ns;
    /* In user and system mode. */
    uint64_t cpu_ns;
    /* How often a thread went to sleep or was put aside for another. */
    uint64_t switches;
};
struct usage usage(void);
struct usage usage_since(const struct usage *begin);

/* A line of /proc/self/status, such as VmRSS or VmHWM. */
unsigned long memory_kb(const char *name);

#endif
