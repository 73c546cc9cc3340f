#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL)
        fail(name, "is not set");
    return value;
}

unsigned long setting_number(const char *name)
{
    unsigned long number = strtoul(setting(name), NULL, 10);
    if (number == 0)
        fail(name, "is not a number from 1");
    return number;
}

struct conversation_id *conversation_ids(unsigned long count)
{
    struct conversation_id *ids = malloc(count * sizeof *ids);
    if (ids == NULL)
        fail("conversation ids", "no memory");
    for (unsigned long i = 0; i < count; i++)
        snprintf(ids[i].text, sizeof ids[i].text, "CON-00000000-0000-4000-8000-%012lu", i);
    return ids;
}

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

unsigned long memory_kb(const char *name)
{
    const size_t length = strlen(name);
    char line[128];
    unsigned long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL)
        fail("/proc/self/status", "cannot be read");
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            kb = strtoul(line + length + 1, NULL, 10);
    fclose(status);
    return kb;
}
