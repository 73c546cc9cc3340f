/*
 * The curl command, started again for every event.
 *
 * It is written in C because the kernel counts a child's peak RSS as at least that of the process
 * that started it. So this program must be smaller than curl.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* ru_maxrss */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { LATENCIES = 4096, ANSWER = 4096 };

static const char REQUEST[] = "{\"type\":\"custom:my-event\","
                              "\"from\":\"MEM-e46d9542-752a-4786-8f12-25a2e623a793\","
                              "\"body\":{\"key\":\"value\"}}";

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "%s is not set\n", name);
        exit(EXIT_FAILURE);
    }
    return value;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Counts only the finished curl processes, without this program. */
static struct rusage used_by_curl(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return used;
}

static double cpu_seconds(void)
{
    struct rusage used = used_by_curl();
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Starts curl with its output in a pipe. Returns the reading end of the pipe. */
static int start(char *const arguments[], pid_t *child)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0
        || posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0
        || posix_spawn_file_actions_addclose(&actions, ends[0]) != 0
        || posix_spawn_file_actions_addclose(&actions, ends[1]) != 0)
        die("pipe");
    errno = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environ);
    if (errno != 0)
        die(arguments[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    return ends[0];
}

static void read_all(int descriptor, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;
    while ((got = read(descriptor, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    if (got < 0)
        die("read");
    text[length] = '\0';
    close(descriptor);
}

static void create_event(const char *authorization, const char *url)
{
    char *const arguments[] = {
        "curl", "--silent", "--show-error", "--http1.1", "--cacert", (char *)setting("BENCH_CA"),
        "--header", (char *)authorization, "--header", "Content-Type: application/json",
        "--header", "Accept: application/json", "--data", (char *)REQUEST,
        "--write-out", "\n%{http_code}", (char *)url, NULL};
    char answer[ANSWER];
    int status;
    pid_t child;
    read_all(start(arguments, &child), answer, sizeof answer);
    if (waitpid(child, &status, 0) != child)
        die("waitpid");
    const char *code = strrchr(answer, '\n');
    if (status != 0 || code == NULL || strcmp(code, "\n201") != 0 || strstr(answer, "\"id\":") == NULL) {
        fprintf(stderr, "curl ended with %d: %s\n", status, answer);
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    const char *base = setting("BENCH_URL");
    const long events = atol(setting("BENCH_EVENTS"));
    const long conversations = atol(setting("BENCH_CONVERSATIONS"));
    const long stride = (events + LATENCIES - 1) / LATENCIES;
    static int64_t latencies[LATENCIES];
    size_t kept = 0;
    int64_t first = 0;
    int64_t begin = 0;
    double cpu = 0;
    char authorization[8192];
    char url[1024];

    if (strcmp(setting("BENCH_IN_FLIGHT"), "1") != 0) {
        fputs("this peer sends one event after the other only\n", stderr);
        return EXIT_FAILURE;
    }
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", setting("BENCH_TOKEN"));
    for (long number = 0; number < events; number++) {
        snprintf(url, sizeof url, "%s/v0.3/conversations/CON-00000000-0000-4000-8000-%012ld/events",
                 base, number % conversations);
        const int64_t since = now_ns();
        create_event(authorization, url);
        if (number == 0) {
            first = now_ns();
            cpu = cpu_seconds();
            begin = now_ns();
        } else if (number % stride == 0) {
            latencies[kept++] = (now_ns() - since) / 1000;
        }
    }
    const int64_t end = now_ns();
    cpu = cpu_seconds() - cpu;
    printf("{\"first_ns\":%" PRId64 ",\"begin_ns\":%" PRId64 ",\"end_ns\":%" PRId64
           ",\"cpu_s\":%.6f,\"created\":%ld,\"latencies_us\":[", first, begin, end, cpu, events);
    for (size_t i = 0; i < kept; i++)
        printf("%s%" PRId64, i == 0 ? "" : ",", latencies[i]);
    printf("],\"peak_rss_kb\":%ld}\n", used_by_curl().ru_maxrss);
    return EXIT_SUCCESS;
}
