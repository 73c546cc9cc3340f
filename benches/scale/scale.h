/* What the programs of this folder share. */
#ifndef SCALE_H
#define SCALE_H

#include <stdint.h>

#include "vce_program.h"

/* Makes a client of that server, with this many connections and a queue that is never full. */
vce_client *new_client(const char *base_url, unsigned long connections);

void enqueue(const vce_client *client, const struct conversation_id *conversation);

/* What the process has used so far. */
struct usage {
    uint64_t at_ns;
    /* CPU time in user and system mode. */
    uint64_t cpu_ns;
    /* How often a thread went to sleep or was preempted. */
    uint64_t switches;
};
struct usage usage(void);
struct usage usage_since(const struct usage *begin);

#endif
