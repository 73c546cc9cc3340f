/* What the peers that use libvce have in common. */
#ifndef VCE_PEER_H
#define VCE_PEER_H

#include "peer.h"
#include "vce_program.h"

/* Settings that sign tokens and trust the system's authorities and BENCH_CA. */
vce_config *new_config(const struct settings *settings);

/* Creates the event with this number and waits for the answer. */
void create_event(const vce_client *client, const struct settings *settings, unsigned long number);

#endif
