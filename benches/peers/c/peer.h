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
    /* As many as there are conversations. */
    struct conversation_id *ids;
};

struct settings read_settings(void);

/* The first answer is there, and the connection warm: from here on it is measured. */
void begin_measurement(unsigned long events);

/* An event that was handed over at `since_ns` is created. */
void count_created(uint64_t since_ns);

/* Prints the line, unless an event is missing. */
void end_measurement(void);

#endif
