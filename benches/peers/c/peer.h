/* What the peers in C have in common: settings from the environment, one JSON line on stdout. */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>

#define EVENT_TYPE "custom:my-event"
#define EVENT_FROM "MEM-e46d9542-752a-4786-8f12-25a2e623a793"
#define EVENT_BODY "{\"key\":\"value\"}"

struct conversation_id {
    char text[48];
};

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

/* Says why on stderr and ends the program: a figure from a run that failed is worth nothing. */
void fail(const char *what, const char *why);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* The first answer is there, and the connection warm: from here on it is measured. */
void begin_measurement(unsigned long events);

/* An event that was handed over at `since_ns` is created. */
void count_created(uint64_t since_ns);

/* Prints the line, unless an event is missing. */
void end_measurement(void);

/* A line of /proc/self/status, such as VmHWM, in kB. */
unsigned long memory_kb(const char *name);

#endif
