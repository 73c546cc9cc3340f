/* What the peers that use libvce have in common. */
#ifndef VCE_PEER_H
#define VCE_PEER_H

#include <vce.h>

#include "peer.h"

/* Fails unless the status is VCE_OK. */
void check(vce_status status, vce_error *error);

/* Settings that sign tokens and trust the system's authorities and BENCH_CA. */
vce_config *new_config(const struct settings *settings);

void set(vce_config *config, const char *name, const char *value);

/* Frees the settings. */
vce_client *open_client(vce_config *config);

/* Creates the event of this number and waits for the answer. */
void create_event(const vce_client *client, const struct settings *settings, unsigned long number);

#endif
