#define _GNU_SOURCE
#include "process.h"
#include <dirent.h>
#include <time.h>
#include <unistd.h>

long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pause_ms(long long time)
{
    struct timespec pause = {time / 1000, time % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

pthread_t run_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

void *join_thread(pthread_t thread)
{
    void *result;
    CHECK(pthread_join(thread, &result) == 0);
    return result;
}

/* Reads a thread's file under /proc; false if the thread has ended. */
static bool read_of(long thread, const char *file, char *text, size_t size)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/self/task/%ld/%s", thread, file);
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return false;
    size_t length = fread(text, 1, size - 1, stream);
    text[length] = '\0';
    fclose(stream);
    return length > 0;
}

/* Counts the entries of a folder whose names are numbers and that the filter accepts. */
static int count_in(const char *path, bool (*accept)(long))
{
    DIR *folder = opendir(path);
    int count = 0;
    CHECK(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += *entry->d_name != '.' && accept(atol(entry->d_name));
    closedir(folder);
    return count;
}

static bool any(long number)
{
    (void)number;
    return true;
}

static bool is_named(long thread, const char *start)
{
    char name[64];
    return read_of(thread, "comm", name, sizeof name) && strncmp(name, start, strlen(start)) == 0;
}

static bool is_library_thread(long thread)
{
    return is_named(thread, "vce-");
}

static bool is_sending_thread(long thread)
{
    return is_named(thread, "vce-send");
}

static int wanted_signal;

static bool lets_signal_in(long thread)
{
    char status[4096];
    if (thread == getpid() || !read_of(thread, "status", status, sizeof status))
        return false;
    const char *blocked = strstr(status, "SigBlk:");
    CHECK(blocked != NULL);
    return (strtoull(blocked + strlen("SigBlk:"), NULL, 16) >> (wanted_signal - 1) & 1) == 0;
}

int count_threads(void)
{
    return count_in("/proc/self/task", any);
}

int count_library_threads(void)
{
    return count_in("/proc/self/task", is_library_thread);
}

int count_sending_threads(void)
{
    return count_in("/proc/self/task", is_sending_thread);
}

bool others_block(int signal)
{
    wanted_signal = signal;
    return count_in("/proc/self/task", lets_signal_in) == 0;
}

bool is_alone(void)
{
    for (int tries = 0; count_threads() > 1; tries++) {
        if (tries == 1000)
            return false;
        pause_ms(1);
    }
    return true;
}

int count_descriptors(void)
{
    return count_in("/proc/self/fd", any) - 1; /* without the descriptor that reads the folder */
}

bool is_asleep(pid_t thread)
{
    char status[4096];
    return read_of(thread, "status", status, sizeof status) && strstr(status, "State:\tS") != NULL;
}
