/* Clients of the sandbox, and test events: the body is {"n":…}, the tag is the same number. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdint.h>
#include <vce.h>

/* A client with default options, and one with these options: name, value, name, value, …, NULL. */
vce_client *new_client(void);
vce_client *client_with(const char *name, ...) __attribute__((sentinel));

/* Enqueues an event, which must be accepted. */
void enqueue(const vce_client *client, const char *conversation_id, uint64_t number);

/* The next report, to be freed. */
vce_report *next_report(const vce_client *client);

/* Takes the report of a created event, and returns its tag. */
uint64_t take_created(const vce_client *client);

/* Takes the report of an event that failed in this way, and returns its tag. */
uint64_t take_failed(const vce_client *client, vce_status status, vce_outcome outcome);

/* A whole number from the client's statistics; checks that their sum is right. */
long long figure(const vce_client *client, const char *name);

#endif
