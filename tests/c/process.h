/* This process: its descriptors, its clock and its threads. */
#ifndef PROCESS_H
#define PROCESS_H

#include "check.h"
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

long long now_ms(void);

void pause_ms(long long time);

/* Waits until the condition is true. After two minutes the test fails. */
#define AWAIT(condition)                                                                    \
    for (long long await_end = now_ms() + 120000; !(condition); pause_ms(2))                \
        if (now_ms() > await_end)                                                           \
    CHECK(condition)

pthread_t run_thread(void *(*body)(void *), void *argument);

void *join_thread(pthread_t thread);

/* How many threads this process has. */
int count_threads(void);

/* How many of them are the library's by their names, and how many of those send events. */
int count_library_threads(void);
int count_sending_threads(void);

/* Whether all threads but the first block a signal. */
bool others_block(int signal);

/* Whether only the calling thread is left. The system still lists a thread just after it was joined. */
bool is_alone(void);

int count_descriptors(void);

/* Whether this thread of the process sleeps in the system. */
bool is_asleep(pid_t thread);

#endif
