/*
 * An open loop over HTTP/1.1: requests become due at random (a Poisson process), whatever the server does, and the latency of
 * each counts from when it was due. One thread, which sleeps in epoll until the next request is due or an answer is there.
 *
 * Usage: poisson PORT REQUEST_FILE PER_SECOND SECONDS UNCOUNTED_SECONDS SEED
 *
 * Sends the bytes of REQUEST_FILE to 127.0.0.1:PORT over as many connections as are needed, one request at a time on each.
 * What is due in the first UNCOUNTED_SECONDS does not count. Answers need a Content-Length; all but 200 count as errors, and
 * so does what has no answer 10 s after the last request was due. Prints one line of JSON, times in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, INITIAL_CONNECTIONS = 32, MAX_ANSWER_BYTES = 65536, MAX_EVENTS = 256 };
static const double PATIENCE_S = 10;

typedef struct {
    int fd;
    size_t request; /* index of the request in flight */
    int waiting;    /* for its answer */
    size_t received;
    char answer[MAX_ANSWER_BYTES + 1];
} Connection;

typedef struct {
    double *due;     /* when each request is due */
    double *late;    /* how long after that it was sent */
    double *latency; /* from due to the last byte of the answer; negative = none or not a 200 */
    size_t count;
    size_t sent;
    size_t settled;
} Schedule;

static Connection *connections[MAX_CONNECTIONS];
static int open_connections;
static int most_connections;
static Connection *idle[MAX_CONNECTIONS];
static int idle_connections;
static int epoll_fd;
static struct sockaddr_in server = {.sin_family = AF_INET};
static char *request;
static size_t request_bytes;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

/* xorshift64*: uniform in [0, 1). */
static double uniform(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return ((*state * 2685821657736338717ULL) >> 11) * 0x1p-53;
}

static Schedule create_schedule(double start, double per_second, double seconds, uint64_t seed) {
    size_t room = (size_t)(per_second * seconds * 1.5) + 1000;
    Schedule schedule = {calloc(room, sizeof(double)), calloc(room, sizeof(double)), calloc(room, sizeof(double)), 0, 0, 0};
    if (!schedule.due || !schedule.late || !schedule.latency) fail("memory");
    uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
    double at = start;
    while (schedule.count < room) {
        at += -log(1 - uniform(&state)) / per_second;
        if (at >= start + seconds) break;
        schedule.latency[schedule.count] = -1;
        schedule.due[schedule.count++] = at;
    }
    return schedule;
}

static void read_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) fail(path);
    request_bytes = (size_t)ftell(file);
    rewind(file);
    request = malloc(request_bytes);
    if (!request || fread(request, 1, request_bytes, file) != request_bytes) fail(path);
    fclose(file);
}

static void watch(int fd, void *what) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
}

static Connection *connect_to_server(void) {
    Connection *connection = calloc(1, sizeof *connection);
    if (!connection) fail("memory");
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&server, sizeof server)) fail("connect");
    int on = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    watch(connection->fd, connection);
    connections[open_connections++] = connection;
    if (open_connections > most_connections) most_connections = open_connections;
    return connection;
}

static void send_request(Connection *connection, Schedule *schedule, size_t index) {
    connection->request = index;
    connection->waiting = 1;
    connection->received = 0;
    schedule->late[index] = now() - schedule->due[index];
    ssize_t sent = send(connection->fd, request, request_bytes, MSG_NOSIGNAL);
    if (sent == (ssize_t)request_bytes) return;
    if (sent >= 0 || errno == EAGAIN) {
        fprintf(stderr, "the request does not fit into the socket's buffer\n");
        exit(1);
    }
    /* The server has closed it: the next read says so. */
}

/* Sends what is due, as far as there are connections. What has to wait for one keeps the time at which it was due. */
static void send_due(Schedule *schedule) {
    while (schedule->sent < schedule->count && schedule->due[schedule->sent] <= now()) {
        Connection *connection;
        if (idle_connections > 0) connection = idle[--idle_connections];
        else if (open_connections < MAX_CONNECTIONS) connection = connect_to_server();
        else return;
        send_request(connection, schedule, schedule->sent++);
    }
}

/* Bytes of the whole answer, or 0 while its head is not complete. */
static size_t answer_bytes(const Connection *connection) {
    const char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end) return 0;
    const char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    if (!length || length > end) {
        fprintf(stderr, "an answer has no Content-Length\n");
        exit(1);
    }
    return (size_t)(end - connection->answer) + 4 + strtoul(length + 17, NULL, 10);
}

/* Takes what has arrived; false when the server has closed the connection, or is about to: it has said something unasked. */
static int receive(Connection *connection, Schedule *schedule) {
    if (!connection->waiting) return 0;
    size_t room = MAX_ANSWER_BYTES - connection->received;
    ssize_t count = recv(connection->fd, connection->answer + connection->received, room, 0);
    if (count < 0 && errno == EAGAIN) return 1;
    if (count <= 0) return 0;
    connection->received += (size_t)count;
    connection->answer[connection->received] = 0;
    size_t wanted = answer_bytes(connection);
    if (wanted > MAX_ANSWER_BYTES) {
        fprintf(stderr, "an answer has more than %d bytes\n", MAX_ANSWER_BYTES);
        exit(1);
    }
    if (wanted == 0 || connection->received < wanted) return 1;
    if (strncmp(connection->answer, "HTTP/1.1 200", 12) == 0) {
        schedule->latency[connection->request] = now() - schedule->due[connection->request];
    }
    schedule->settled++;
    connection->waiting = 0;
    idle[idle_connections++] = connection;
    return 1;
}

static int forget(Connection **list, int count, const Connection *connection) {
    for (int index = 0; index < count; index++) {
        if (list[index] != connection) continue;
        list[index] = list[count - 1];
        return 1;
    }
    return 0;
}

static void drop(Connection *connection, Schedule *schedule) {
    open_connections -= forget(connections, open_connections, connection);
    int was_idle = forget(idle, idle_connections, connection);
    idle_connections -= was_idle;
    if (!was_idle) schedule->settled++;
    close(connection->fd);
    free(connection);
}

static void set_alarm(int timer_fd, double at) {
    struct itimerspec alarm = {.it_value = {(time_t)at, (long)((at - (time_t)at) * 1e9)}};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &alarm, NULL);
}

static void run(Schedule *schedule) {
    double end = schedule->due[schedule->count - 1] + PATIENCE_S;
    int timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (timer_fd < 0) fail("timerfd_create");
    watch(timer_fd, NULL);
    struct epoll_event events[MAX_EVENTS];
    while (schedule->settled < schedule->count && now() < end) {
        send_due(schedule);
        int busy = idle_connections == 0 && open_connections == MAX_CONNECTIONS;
        set_alarm(timer_fd, busy || schedule->sent == schedule->count ? end : schedule->due[schedule->sent]);
        int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
        for (int index = 0; index < count; index++) {
            Connection *connection = events[index].data.ptr;
            if (connection && !receive(connection, schedule)) drop(connection, schedule);
        }
    }
}

static int ascending(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double percentile(const double *sorted, size_t count, double share) {
    if (count == 0) return 0;
    size_t index = (size_t)(share * count);
    return sorted[index < count ? index : count - 1] * 1e6;
}

static void report(const Schedule *schedule, double counted_from) {
    size_t first = 0;
    while (first < schedule->count && schedule->due[first] < counted_from) first++;
    double end = now();
    size_t count = schedule->count - first;
    size_t errors = 0;
    double *latency = schedule->latency + first;
    for (size_t index = 0; index < count; index++) {
        if (latency[index] >= 0) continue;
        errors++;
        latency[index] = end - schedule->due[first + index];
    }
    qsort(latency, count, sizeof(double), ascending);
    qsort(schedule->late + first, count, sizeof(double), ascending);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu_s = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    printf("{\"sent\":%zu,\"requests\":%zu,\"errors\":%zu,", schedule->sent, count, errors);
    printf("\"p50Us\":%.1f,\"p95Us\":%.1f,", percentile(latency, count, 0.5), percentile(latency, count, 0.95));
    printf("\"p99Us\":%.1f,", percentile(latency, count, 0.99));
    printf("\"lateP99Us\":%.1f,\"connections\":%d,", percentile(schedule->late + first, count, 0.99), most_connections);
    printf("\"cpuMs\":%.1f,\"wallMs\":%.1f}\n", cpu_s * 1e3, (end - schedule->due[0]) * 1e3);
}

int main(int count, char **arguments) {
    if (count != 7) {
        fprintf(stderr, "usage: %s PORT REQUEST_FILE PER_SECOND SECONDS UNCOUNTED_SECONDS SEED\n", arguments[0]);
        return 2;
    }
    server.sin_port = htons((uint16_t)atoi(arguments[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    read_request(arguments[2]);
    double per_second = atof(arguments[3]), seconds = atof(arguments[4]), uncounted = atof(arguments[5]);
    epoll_fd = epoll_create1(0);
    while (open_connections < INITIAL_CONNECTIONS) {
        Connection *connection = connect_to_server();
        idle[idle_connections++] = connection;
    }
    double start = now();
    Schedule schedule = create_schedule(start, per_second, uncounted + seconds, strtoull(arguments[6], NULL, 10));
    if (schedule.count == 0) {
        fprintf(stderr, "no request is due in that time\n");
        return 1;
    }
    run(&schedule);
    report(&schedule, start + uncounted);
    return 0;
}
