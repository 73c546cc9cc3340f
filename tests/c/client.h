/* Clients of the sandbox, and the events of tests: their body is {"n":…}, their tag the same number. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdint.h>
#include <vce.h>

/* A client with every option at its default, and one with these options: a name, its value, and so on, then NULL. */
vce_client *new_client(void);
vce_client *client_with(const char *name, ...) __attribute__((sentinel));

/* Enqueues an event and wants to know why if it is refused. */
void enqueue(const vce_client *client, const char *conversation_id, uint64_t number);

/* The next report, to be freed. */
vce_report *next_report(const vce_client *client);

/* Takes a report about an event that was created, and gives its tag. */
uint64_t take_created(const vce_client *client);

/* Takes a report about one that failed in this way, and gives its tag. */
uint64_t take_failed(const vce_client *client, vce_status status, vce_outcome outcome);

/* A whole number from the client's statistics, which have to add up. */
long long figure(const vce_client *client, const char *name);

#endif
