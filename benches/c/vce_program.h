/* What the programs that use libvce share. */
#ifndef VCE_PROGRAM_H
#define VCE_PROGRAM_H

#include <vce.h>

#include "program.h"

/* Exits unless the status is VCE_OK. */
void check(vce_status status, vce_error *error);

void set(vce_config *config, const char *name, const char *value);

/* Frees the settings. */
vce_client *open_client(vce_config *config);

#endif
