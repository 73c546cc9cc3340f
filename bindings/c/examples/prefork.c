/*
 * A pre-forking server. Its processes share a listening socket and inherit one client. Each answers
 * a request at once, and sends an event for it in the background. On SIGTERM the server delivers
 * the queued events and ends. Reads the same variables as create_event.c.
 *
 *     cc prefork.c -I../../../include -L../../../target/release -lvce -o prefork
 *     ./prefork [PORT [PROCESSES]]
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vce.h>

enum { MOST_PROCESSES = 64 };

static const uint64_t CLOSE_MS = 30000;
static const char ANSWER[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

static volatile sig_atomic_t is_over;

static void end(int signal)
{
    (void)signal;
    is_over = 1;
}

/* Prints what failed. */
static int complain(const char *what, vce_error *error)
{
    fprintf(stderr, "%d: %s: %s\n", (int)getpid(), what, error == NULL ? strerror(errno) : vce_error_message(error));
    vce_error_free(error);
    return EXIT_FAILURE;
}

/* A client that keeps only the reports of failures. */
static vce_status new_client(vce_client **client, vce_error **error)
{
    vce_config *config = vce_config_new();
    vce_status status = vce_config_load_env(config, error);
    if (status == VCE_OK)
        status = vce_config_set(config, "reports", "errors", error);
    if (status == VCE_OK)
        status = vce_client_new(config, client, error);
    vce_config_free(config);
    return status;
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t length = sizeof address;
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* Not blocking: a connection may wake several processes, but only one gets it. */
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, SOMAXCONN) < 0
        || fcntl(listener, F_SETFL, O_NONBLOCK) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return -1;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Answers a request. This example reads only its first line. */
static void serve(const vce_client *client, int connection)
{
    char request[1024], method[16], body[64];
    struct timeval patience = {5, 0};
    vce_error *error = NULL;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t length = recv(connection, request, sizeof request - 1, 0);
    request[length > 0 ? length : 0] = '\0';
    if (sscanf(request, "%15[A-Z] /", method) == 1) {
        snprintf(body, sizeof body, "{\"method\":\"%s\",\"process\":%d}", method, (int)getpid());
        if (vce_enqueue_event(client, getenv("CONVERSATION_ID"), "custom:request", getenv("MEMBER_ID"), body, 0,
                              &error) != VCE_OK)
            complain("not accepted", error);
        else if (send(connection, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0)
            complain("send", NULL);
    }
    close(connection);
}

/* Prints which events were not delivered, and returns how many. */
static unsigned take_reports(const vce_client *client)
{
    unsigned failures = 0;
    vce_report *report;
    for (; (report = vce_poll(client, 0)) != NULL; failures++) {
        fprintf(stderr, "%d: %s\n", (int)getpid(), vce_error_message(vce_report_error(report)));
        vce_report_free(report);
    }
    return failures;
}

/* A process of the server, until SIGTERM. It takes the signal only while it waits. */
static int work(vce_client *client, int listener, const sigset_t *let_in)
{
    struct pollfd waits[2] = {{.fd = listener, .events = POLLIN}, {.fd = vce_report_fd(client), .events = POLLIN}};
    vce_error *error = NULL;
    unsigned failures = 0;
    while (!is_over) {
        if (ppoll(waits, 2, NULL, let_in) < 0) {
            if (errno == EINTR)
                continue;
            return complain("ppoll", NULL);
        }
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0)
            serve(client, connection);
        failures += take_reports(client);
    }
    if (vce_client_close(client, CLOSE_MS, &error) != VCE_OK)
        complain("close", error);
    failures += take_reports(client);
    vce_client_free(client);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Forks the processes, and returns how many there are. */
static int start(vce_client *client, int listener, pid_t *processes, int count, const sigset_t *former)
{
    for (int i = 0; i < count; i++) {
        processes[i] = fork();
        if (processes[i] == 0)
            exit(work(client, listener, former));
        if (processes[i] < 0) {
            complain("fork", NULL);
            return i;
        }
    }
    return count;
}

/* Waits for SIGTERM, or until a process ends unexpectedly. Then ends all processes and waits for them. */
static int watch(const pid_t *processes, int count, int wanted, const sigset_t *signals)
{
    int signal = 0, result = EXIT_SUCCESS;
    if (count == wanted)
        sigwait(signals, &signal);
    for (int i = 0; i < count; i++)
        kill(processes[i], SIGTERM);
    for (int i = 0; i < count; i++) {
        int status;
        if (waitpid(processes[i], &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
            result = EXIT_FAILURE;
    }
    return signal == SIGTERM || signal == SIGINT ? result : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 8080;
    int count = argc > 2 ? atoi(argv[2]) : 4;
    pid_t processes[MOST_PROCESSES];
    struct sigaction on_end = {.sa_handler = end};
    sigset_t signals, former;
    vce_client *client = NULL;
    vce_error *error = NULL;

    if (getenv("CONVERSATION_ID") == NULL || count < 1 || count > MOST_PROCESSES) {
        fputs("Set CONVERSATION_ID to the conversation that the events go to; 1 to 64 processes.\n", stderr);
        return EXIT_FAILURE;
    }
    if (new_client(&client, &error) != VCE_OK)
        return complain("client", error);
    int listener = listen_on((uint16_t)port);
    if (listener < 0)
        return complain("listen", NULL);

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &former);
    sigaction(SIGTERM, &on_end, NULL);
    sigaction(SIGINT, &on_end, NULL);
    int started = start(client, listener, processes, count, &former);
    int result = watch(processes, started, count, &signals);
    vce_client_free(client);
    return result;
}
