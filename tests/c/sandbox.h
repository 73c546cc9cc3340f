/* The program's own sandbox, and its admin endpoints. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

struct conversation {
    char id[64];
};

/*
 * Starts it, over TLS unless SANDBOX_PLAIN is set, and sets the environment for
 * vce_config_load_env. It ends with the program.
 */
void sandbox_start(void);

/* From now on, clients connect to the name localhost, which needs a lookup, and not to an address. */
void sandbox_use_name(void);

/* A new conversation, without events. */
struct conversation sandbox_conversation(void);

/* Sets a fault for requests that create events, as JSON without the braces. */
void sandbox_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

void sandbox_forget_faults(void);

/* How many requests there were about a conversation. */
size_t sandbox_requests(const char *conversation_id);

/* Writes the number in the body {"n":…} of each event of a conversation, in order; returns how many. */
size_t sandbox_events(const char *conversation_id, long *numbers, size_t capacity);

/* A figure about connections: "accepted" or "open". */
long sandbox_connections(const char *name);

#endif
