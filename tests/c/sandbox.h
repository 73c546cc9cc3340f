/* A sandbox of the program's own, and what its admin endpoints tell. */
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

/* Has clients reach it by the name localhost, which has to be looked up, and not by its address. */
void sandbox_use_name(void);

/* A new conversation, without events. */
struct conversation sandbox_conversation(void);

/* A fault, written as JSON without its braces, that meets requests to create events. */
void sandbox_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

void sandbox_forget_faults(void);

/* How many requests there were about a conversation. */
size_t sandbox_requests(const char *conversation_id);

/* The number in the body {"n":…} of each event of a conversation, in order; how many there are. */
size_t sandbox_events(const char *conversation_id, long *numbers, size_t capacity);

/* A figure about connections: "accepted" or "open". */
long sandbox_connections(const char *name);

#endif
