/* A bounded load generator: many keep-alive connections on one machine, one thread, little CPU.
 *
 *   loadgen REQUESTS ADDRESS[,ADDRESS] CONNECTIONS FIRST PHASE[,PHASE...]
 *
 * An ADDRESS is a port of loopback or the path of a Unix socket. Of several, the one that owes the fewest answers gets the
 * next request, as the shipped nginx has it (`least_conn`).
 * REQUESTS holds whole HTTP requests, each after its length (4 bytes, little endian); they are sent in order, from
 * number FIRST on, once each; one that was refused with 503 goes to the end of the line and is sent again.
 * A PHASE is RATE:SECONDS. RATE 0 is a closed loop (each connection sends again when it is answered); otherwise
 * requests are due at fixed times, and latency counts from the time a request was due, not from when a connection was
 * free for it. It wakes once in a millisecond, as a network card would interrupt, sends what is due and takes what was
 * answered: one that woke for each would take the servers' cores from them. So a latency is up to 2 ms too long.
 * Every phase is bounded by its seconds and by the requests; what is due and cannot be sent within LATE_SECONDS_MAX is
 * dropped and counted. One JSON object per phase, and within it one entry per second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384, PHASES_MAX = 16, PLACES_MAX = 8, SECONDS_MAX = 1200, ANSWER_MAX = 16384, EVENTS_MAX = 1024 };
enum { OCTAVE = 32, BUCKETS = 27 * OCTAVE, DRAIN_SECONDS_MAX = 15, LATE_SECONDS_MAX = 5, TICK_NS = 1000000 };

struct counts { uint32_t good, busy, other, ok_us[BUCKETS], busy_us[BUCKETS]; };
struct phase { double rate, seconds, begin, end; uint64_t due, late; struct counts *by_second; };
struct place { const char *address; int *idle, first, count, size; };
struct connection {
    struct place *place; int socket, got, phase; uint32_t request; double due; char answer[ANSWER_MAX + 1];
};

static struct phase phases[PHASES_MAX];
static struct place places[PLACES_MAX];
static struct connection *connections;
static int idle_count, places_count, epoll, phases_count, lost;
static const unsigned char *requests;
static uint64_t *starts, requests_count, todo_first, todo_count, no_retry_after, in_flight;
static uint32_t *todo;

static void stop(const char *why) { perror(why); exit(1); }

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static int bucket_of(double us) {
    uint64_t whole = us < 1 ? 1 : (uint64_t)us;
    int octave = 63 - __builtin_clzll(whole);
    int place = octave >= 5 ? (int)(whole >> (octave - 5)) - OCTAVE : (int)(whole << (5 - octave)) - OCTAVE;
    int bucket = octave * OCTAVE + place;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double bucket_ms(int bucket) {
    return (double)(1ull << bucket / OCTAVE) * (1 + (bucket % OCTAVE + 0.5) / OCTAVE) / 1000;
}

static double quantile(const uint32_t *histogram, double part) {
    uint64_t total = 0, seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) total += histogram[bucket];
    if (!total) return 0;
    uint64_t wanted = (uint64_t)(part * (double)(total - 1)) + 1;
    for (int bucket = 0; bucket < BUCKETS; bucket++)
        if ((seen += histogram[bucket]) >= wanted) return bucket_ms(bucket);
    return bucket_ms(BUCKETS - 1);
}

static void read_requests(const char *name, uint64_t first) {
    int file = open(name, O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found)) stop(name);
    requests = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (requests == MAP_FAILED) stop("mmap");
    uint64_t room = 1 << 16, at = 0, size = (uint64_t)found.st_size;
    starts = malloc(room * sizeof *starts);
    while (at + 4 <= size) {
        uint32_t length;
        memcpy(&length, requests + at, 4);
        if (at + 4 + length > size) break;
        if (requests_count == room) starts = realloc(starts, (room *= 2) * sizeof *starts);
        starts[requests_count++] = at;
        at += 4 + length;
    }
    todo = malloc(requests_count * sizeof *todo);
    for (uint64_t number = first; number < requests_count; number++) todo[todo_count++] = (uint32_t)number;
}

static int reach(const char *address) {
    int local = strchr(address, '/') != NULL, yes = 1;
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int handle = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    strncpy(there.sun_path, address, sizeof there.sun_path - 1);
    port.sin_port = htons((uint16_t)atoi(address));
    if (handle < 0 || (local ? connect(handle, (struct sockaddr *)&there, sizeof there)
                             : connect(handle, (struct sockaddr *)&port, sizeof port))) stop(address);
    if (!local) setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(handle, F_SETFL, O_NONBLOCK);
    return handle;
}

static void join(struct connection *one) {
    one->socket = reach(one->place->address);
    one->got = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)(one - connections)};
    epoll_ctl(epoll, EPOLL_CTL_ADD, one->socket, &event);
}

/* First in, first out, so that every connection has its turn. */
static void rest(struct connection *one) {
    struct place *place = one->place;
    one->due = 0;
    place->idle[(place->first + place->count++) % place->size] = (int)(one - connections);
    idle_count++;
}

static struct connection *take_idle(void) {
    static int last;
    struct place *best = NULL;
    for (int step = 1; step <= places_count; step++) {
        struct place *place = &places[(last + step) % places_count];
        if (place->count && (!best || place->size - place->count < best->size - best->count)) best = place;
    }
    struct connection *one = &connections[best->idle[best->first]];
    best->first = (best->first + 1) % best->size;
    best->count--;
    idle_count--;
    last = (int)(best - places);
    return one;
}

static void rejoin(struct connection *one) {
    int busy = one->due > 0;
    lost++;
    close(one->socket);
    join(one);
    if (busy) rest(one);
}

static void send_on(struct connection *one, double due, int phase) {
    uint32_t length, request = todo[todo_first];
    uint64_t at = starts[request];
    todo_first = (todo_first + 1) % requests_count;
    todo_count--;
    memcpy(&length, requests + at, 4);
    one->due = due, one->phase = phase, one->got = 0, one->request = request;
    if (write(one->socket, requests + at + 4, length) == (ssize_t)length) in_flight++;
    else rejoin(one);
}

/* Bytes of the whole answer in the buffer, 0 while it is not whole. */
static int whole_answer(struct connection *one) {
    one->answer[one->got] = 0;
    char *gap = strstr(one->answer, "\r\n\r\n");
    if (!gap) return 0;
    char *stated = strcasestr(one->answer, "content-length:");
    int length = stated && stated < gap ? atoi(stated + 15) : 0;
    return one->got >= gap + 4 - one->answer + length;
}

static void count_answer(struct connection *one, double at) {
    struct phase *phase = &phases[one->phase];
    int second = (int)(one->due - phase->begin);
    if (second >= (int)phase->seconds) second = (int)phase->seconds - 1;
    struct counts *counts = &phase->by_second[second < 0 ? 0 : second];
    int status = atoi(one->answer + 9), bucket = bucket_of((at - one->due) * 1e6);
    if (status == 200) counts->good++, counts->ok_us[bucket]++;
    else if (status == 503) {
        counts->busy++, counts->busy_us[bucket]++;
        todo[(todo_first + todo_count++) % requests_count] = one->request;
    }
    else counts->other++;
    if (status == 503 && !strcasestr(one->answer, "retry-after:")) no_retry_after++;
}

static void receive(struct connection *one, double at) {
    ssize_t got = read(one->socket, one->answer + one->got, (size_t)(ANSWER_MAX - one->got));
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0) one->got += (int)got;
    if (got <= 0 || one->got == ANSWER_MAX) {
        if (one->due > 0) in_flight--;
        rejoin(one);
        return;
    }
    if (!whole_answer(one)) return;
    count_answer(one, at);
    in_flight--;
    rest(one);
}

/* Once in a tick, all answers that have come: whoever woke for each would take the servers' cores from them. */
static void collect(void) {
    static struct timespec tick;
    struct epoll_event events[EVENTS_MAX];
    struct timespec here;
    clock_gettime(CLOCK_MONOTONIC, &here);
    tick.tv_nsec += TICK_NS;
    if (tick.tv_nsec >= 1000000000) tick.tv_sec++, tick.tv_nsec -= 1000000000;
    if (tick.tv_sec < here.tv_sec || (tick.tv_sec == here.tv_sec && tick.tv_nsec < here.tv_nsec)) tick = here;
    else clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &tick, NULL);
    int count = epoll_wait(epoll, events, EVENTS_MAX, 0);
    double at = now();
    for (int event = 0; event < count; event++) receive(&connections[events[event].data.u32], at);
}

static void run_closed(struct phase *phase, int number) {
    for (double at = phase->begin; at < phase->end && (todo_count || in_flight); at = now()) {
        while (idle_count && todo_count) {
            phase->due++;
            send_on(take_idle(), now(), number);
        }
        collect();
    }
}

static void run_open(struct phase *phase, int number) {
    for (double at = phase->begin; at < phase->end; at = now()) {
        double due = phase->begin + (double)phase->due / phase->rate;
        while (due <= at && todo_count) {
            if (at - due > LATE_SECONDS_MAX) phase->late++;
            else if (idle_count) send_on(take_idle(), due, number);
            else break;
            due = phase->begin + (double)++phase->due / phase->rate;
        }
        if (!todo_count && !in_flight) return;
        collect();
    }
}

static void tell(struct phase *phase, int last) {
    struct counts *all = calloc(1, sizeof *all);
    printf("{\"rate\":%.0f,\"seconds\":%.2f,\"due\":%lu,\"late\":%lu,\"by_second\":[", phase->rate,
           phase->end - phase->begin, phase->due, phase->late);
    for (int second = 0; second < (int)phase->seconds; second++) {
        struct counts *one = &phase->by_second[second];
        all->good += one->good, all->busy += one->busy, all->other += one->other;
        for (int bucket = 0; bucket < BUCKETS; bucket++)
            all->ok_us[bucket] += one->ok_us[bucket], all->busy_us[bucket] += one->busy_us[bucket];
        printf("%s[%u,%u,%.1f]", second ? "," : "", one->good, one->busy, quantile(one->ok_us, 0.99));
    }
    printf("],\"good\":%u,\"busy\":%u,\"other\":%u,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.1f,"
           "\"busy_p50_ms\":%.2f,\"busy_p99_ms\":%.2f}%s", all->good, all->busy, all->other, quantile(all->ok_us, 0.5),
           quantile(all->ok_us, 0.99), quantile(all->ok_us, 0.999), quantile(all->ok_us, 1), quantile(all->busy_us, 0.5),
           quantile(all->busy_us, 0.99), last ? "" : ",");
    free(all);
}

static void read_phases(char *text) {
    for (char *one = strtok(text, ","); one; one = strtok(NULL, ",")) {
        struct phase *phase = &phases[phases_count++];
        if (phases_count > PHASES_MAX || sscanf(one, "%lf:%lf", &phase->rate, &phase->seconds) != 2 ||
            phase->seconds < 1 || phase->seconds > SECONDS_MAX) exit(2);
        phase->by_second = calloc((size_t)phase->seconds + 1, sizeof *phase->by_second);
    }
}

static void open_connections(char *addresses, int count) {
    for (char *one = strtok(addresses, ","); one && places_count < PLACES_MAX; one = strtok(NULL, ","))
        places[places_count++] = (struct place){.address = one, .idle = malloc(sizeof(int) * (size_t)count)};
    connections = calloc((size_t)count, sizeof *connections);
    for (int at = 0; at < count; at++) {
        struct connection *one = &connections[at];
        one->place = &places[at % places_count];
        one->place->size++;
        join(one);
    }
    for (int at = 0; at < count; at++) rest(&connections[at]);
}

int main(int argc, char **argv) {
    if (argc != 6 || atoi(argv[3]) < 1 || atoi(argv[3]) > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: loadgen REQUESTS ADDRESS[,ADDRESS] CONNECTIONS FIRST RATE:SECONDS[,...]\n");
        return 2;
    }
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(0);
    read_requests(argv[1], strtoull(argv[4], NULL, 10));
    read_phases(argv[5]);
    open_connections(argv[2], atoi(argv[3]));
    for (int number = 0; number < phases_count; number++) {
        struct phase *phase = &phases[number];
        phase->begin = now();
        phase->end = phase->begin + phase->seconds;
        if (phase->rate > 0) run_open(phase, number); else run_closed(phase, number);
        double ended = now();
        if (ended < phase->end) phase->end = ended;
    }
    double until = now() + DRAIN_SECONDS_MAX;
    while (in_flight && now() < until) collect();
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"phases\":[");
    for (int number = 0; number < phases_count; number++) tell(&phases[number], number == phases_count - 1);
    printf("],\"left\":%lu,\"unanswered\":%lu,\"lost_connections\":%d,\"no_retry_after\":%lu,\"cpu_s\":%.3f}\n",
           todo_count, in_flight, lost, no_retry_after,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6);
}
