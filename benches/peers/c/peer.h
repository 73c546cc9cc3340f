/* What the peers in C have in common: settings from the environment, one JSON line on stdout. */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>

#include "program.h"

struct settings {
    const char *url;
    const char *ca_file;
    const char *key_file;
    const char *application;
    const char *token;
    unsigned long events;
    unsigned long in_flight;
    unsigned long conversations;
    /* One id for each conversation. */
    struct conversation_id *ids;
};

struct settings read_settings(void);

/* Starts measuring, after the first answer, when the connection is warm. */
void begin_measurement(unsigned long events);

/* Counts a created event that was sent or enqueued at `since_ns`. */
void count_created(uint64_t since_ns);

/* Prints the JSON line. Exits if an event is missing. */
void end_measurement(void);

#endif
