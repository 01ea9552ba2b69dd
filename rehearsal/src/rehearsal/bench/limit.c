/* The limit: the work that no gate can avoid, and nothing else.
 *
 * HTTP/1.1 keep-alive, the record's key from a table of known devices, SHA-256, a P-256 verification by OpenSSL, an
 * append with one fdatasync for all that came in one round, and an answer of a receipt's size. One thread, one core.
 * No JSON, no shapes, no duplicates, no roster file, no Merkle tree, no signature of ours, no limits in time: it is a
 * yardstick for gate.py and must never face a network.
 *
 *   limit ADDRESS KEYS JOURNAL
 *
 * ADDRESS is a port of loopback or the path of a Unix socket. KEYS: records of thumbprint (32 bytes) and x || y (64
 * bytes), sorted by thumbprint.
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_MAX = 8192, CONNECTIONS_MAX = 4096, EVENTS_MAX = 512, ANSWER_BYTES = 1400, KID = 32, KEY = 64 };

struct connection { int used; char bytes[REQUEST_MAX]; };

static struct connection connections[CONNECTIONS_MAX];
static const unsigned char *keys;
static size_t keys_count;
static char batch[EVENTS_MAX * REQUEST_MAX];
static int answers[EVENTS_MAX];
static char answer_ok[ANSWER_BYTES + 256], answer_no[] = "HTTP/1.1 400 no\r\ncontent-length: 0\r\n\r\n";

static void stop(const char *why) { perror(why); exit(1); }

static int base64url(const char *text, size_t length, unsigned char *out, size_t room) {
    static signed char value[256];
    if (!value['B']) {
        memset(value, -1, sizeof value);
        const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int digit = 0; digit < 64; digit++) value[(unsigned char)digits[digit]] = digit;
    }
    unsigned bits = 0, have = 0;
    size_t used = 0;
    for (size_t at = 0; at < length; at++) {
        int digit = value[(unsigned char)text[at]];
        if (digit < 0) return -1;
        bits = bits << 6 | (unsigned)digit;
        if ((have += 6) >= 8) {
            if (used == room) return -1;
            out[used++] = (unsigned char)(bits >> (have -= 8));
        }
    }
    return (int)used;
}

static const unsigned char *find_key(const unsigned char *kid) {
    size_t low = 0, high = keys_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(keys + middle * (KID + KEY), kid, KID);
        if (!order) return keys + middle * (KID + KEY) + KID;
        if (order < 0) low = middle + 1; else high = middle;
    }
    return NULL;
}

/* Whether r || s holds for the SHA-256 of the message under x || y. OpenSSL's quickest way for a key that is seen once:
 * its plain functions, since a key of the newer EVP interface costs 6 us more to make than it must. */
static int verify(const unsigned char *key, const char *message, size_t length, const unsigned char *signature) {
    static EC_KEY *public;
    static EC_POINT *place;
    unsigned char point[1 + KEY] = {4}, digest[32];
    if (!public) {
        public = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
        place = EC_POINT_new(EC_KEY_get0_group(public));
    }
    memcpy(point + 1, key, KEY);
    SHA256((const unsigned char *)message, length, digest);
    if (EC_POINT_oct2point(EC_KEY_get0_group(public), place, point, sizeof point, NULL) != 1) return 0;
    if (EC_KEY_set_public_key(public, place) != 1) return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    int good = ECDSA_do_verify(digest, sizeof digest, pair, public) == 1;
    ECDSA_SIG_free(pair);
    return good;
}

/* The record between its quotes; NULL when it is none that holds. */
static const char *accept_record(const char *body, size_t *length) {
    static const char mark[] = "\"record\":\"", kid_mark[] = "\"kid\":\"";
    const char *record = strstr(body, mark);
    if (!record) return NULL;
    record += sizeof mark - 1;
    const char *end = strchr(record, '"'), *first = strchr(record, '.');
    const char *last = end ? memrchr(record, '.', (size_t)(end - record)) : NULL;
    unsigned char header[1024 + 1], kid[KID], signature[KEY];
    if (!first || !last || first == last) return NULL;
    int header_length = base64url(record, (size_t)(first - record), header, 1024);
    if (header_length < 0) return NULL;
    header[header_length] = 0;
    const char *named = strstr((char *)header, kid_mark);
    if (!named || strlen(named) < sizeof kid_mark - 1 + 43) return NULL;
    if (base64url(named + sizeof kid_mark - 1, 43, kid, KID) != KID) return NULL;
    if (base64url(last + 1, (size_t)(end - last - 1), signature, KEY) != KEY) return NULL;
    const unsigned char *key = find_key(kid);
    if (!key || !verify(key, record, (size_t)(last - record), signature)) return NULL;
    *length = (size_t)(end - record);
    return record;
}

/* The body of the one whole request in the buffer; NULL while it is not whole. */
static char *whole_request(struct connection *one) {
    one->bytes[one->used] = 0;
    char *gap = strstr(one->bytes, "\r\n\r\n");
    if (!gap) return NULL;
    char *stated = strcasestr(one->bytes, "content-length:");
    size_t length = stated && stated < gap ? strtoul(stated + 15, NULL, 10) : 0;
    char *body = gap + 4;
    return (size_t)(one->bytes + one->used - body) >= length ? body : NULL;
}

static void drop(int socket) {
    connections[socket].used = 0;
    close(socket);
}

static int listen_at(const char *address) {
    int local = strchr(address, '/') != NULL, yes = 1;
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    strncpy(there.sun_path, address, sizeof there.sun_path - 1);
    port.sin_port = htons((uint16_t)atoi(address));
    if (!local) setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (local ? bind(listener, (struct sockaddr *)&there, sizeof there)
              : bind(listener, (struct sockaddr *)&port, sizeof port)) stop(address);
    if (listen(listener, 1024)) stop("listen");
    return listener;
}

static void greet(int epoll, int listener) {
    int socket, yes = 1;
    while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (socket >= CONNECTIONS_MAX) { close(socket); continue; }
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
    }
}

/* One round: read and verify what came, append and sync it once, and only then answer. */
static void serve(int epoll, int listener, int journal) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(epoll, events, EVENTS_MAX, -1), waiting = 0;
    size_t filled = 0;
    for (int at = 0; at < count; at++) {
        int socket = events[at].data.fd;
        if (socket == listener) { greet(epoll, listener); continue; }
        struct connection *one = &connections[socket];
        ssize_t got = read(socket, one->bytes + one->used, (size_t)(REQUEST_MAX - 1 - one->used));
        if (got <= 0) { drop(socket); continue; }
        one->used += (int)got;
        char *body = whole_request(one);
        if (!body) { if (one->used == REQUEST_MAX - 1) drop(socket); continue; }
        size_t length;
        const char *record = accept_record(body, &length);
        one->used = 0;
        if (!record) { if (write(socket, answer_no, sizeof answer_no - 1) < 0) drop(socket); continue; }
        memcpy(batch + filled, record, length);
        filled += length;
        batch[filled++] = '\n';
        answers[waiting++] = socket;
    }
    if (!waiting) return;
    if (write(journal, batch, filled) != (ssize_t)filled || fdatasync(journal)) stop("journal");
    for (int at = 0; at < waiting; at++)
        if (write(answers[at], answer_ok, strlen(answer_ok)) < 0) drop(answers[at]);
}

int main(int argc, char **argv) {
    if (argc != 4) { fprintf(stderr, "usage: limit ADDRESS KEYS JOURNAL\n"); return 2; }
    int file = open(argv[2], O_RDONLY), journal = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct stat found;
    if (file < 0 || journal < 0 || fstat(file, &found)) stop("open");
    keys_count = (size_t)found.st_size / (KID + KEY);
    keys = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (keys == MAP_FAILED) stop("keys");
    int head = sprintf(answer_ok, "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n", ANSWER_BYTES);
    memset(answer_ok + head, 'r', ANSWER_BYTES);
    int listener = listen_at(argv[1]), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) serve(epoll, listener, journal);
}
