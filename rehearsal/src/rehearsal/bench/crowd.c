/* A crowd's taps, ready to send: what crowd.py says in Python, thirty times as fast.
 *
 *   crowd FIRST COUNT KEYS REQUESTS     for people FIRST to FIRST + COUNT - 1; a file named - is not written
 *
 * KEYS gets thumbprint (32 bytes) and x || y (64 bytes) of each; REQUESTS gets whole HTTP requests, each after its
 * length (4 bytes, little endian), with one punch each. A person's key follows from his number, so anybody can make it
 * again: for rehearsals only. Memory does not depend on COUNT.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KID = 32, KEY = 64, TEXT_MAX = 4096 };
#define EPOCH_MS 1795000000000ull

static EC_GROUP *group;
static BN_CTX *room;
static BIGNUM *order_less_one, *secret, *x, *y;
static EC_POINT *point;
static EC_KEY *key;

static void stop(const char *why) { fprintf(stderr, "crowd: %s\n", why); exit(1); }

static void need(int ok) { if (!ok) stop("OpenSSL refused"); }

static size_t base64url(const unsigned char *data, size_t length, char *out) {
    static const char sign[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *at = out;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)data[i] << 16 | (i + 1 < length ? (uint32_t)data[i + 1] << 8 : 0) |
                         (i + 2 < length ? data[i + 2] : 0);
        *at++ = sign[three >> 18];
        *at++ = sign[three >> 12 & 63];
        if (i + 1 < length) *at++ = sign[three >> 6 & 63];
        if (i + 2 < length) *at++ = sign[three & 63];
    }
    *at = 0;
    return (size_t)(at - out);
}

/* The person's secret from his number, and its public point. */
static void derive(uint64_t person, unsigned char public[KEY]) {
    char name[64];
    unsigned char seed[SHA512_DIGEST_LENGTH];
    int length = snprintf(name, sizeof name, "hadir bench person %llu", (unsigned long long)person);
    SHA512((unsigned char *)name, (size_t)length, seed);
    need(BN_bin2bn(seed, sizeof seed, secret) && BN_mod(secret, secret, order_less_one, room) && BN_add_word(secret, 1));
    need(EC_POINT_mul(group, point, secret, NULL, NULL, room));
    need(EC_POINT_get_affine_coordinates(group, point, x, y, room));
    need(BN_bn2binpad(x, public, KEY / 2) > 0 && BN_bn2binpad(y, public + KEY / 2, KEY / 2) > 0);
}

/* RFC 7638. */
static void thumbprint(const unsigned char public[KEY], unsigned char kid[KID]) {
    char xs[48], ys[48], jwk[256];
    base64url(public, KEY / 2, xs);
    base64url(public + KEY / 2, KEY / 2, ys);
    int length = snprintf(jwk, sizeof jwk, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", xs, ys);
    SHA256((unsigned char *)jwk, (size_t)length, kid);
}

/* A punch as large as a real one: it has a predecessor and a signed time. */
static size_t payload_of(uint64_t person, char *out) {
    static char token[400], before[44];
    if (!*token) {
        memset(token, 'h', 150), token[150] = '.', memset(token + 151, 'p', 150), token[301] = '.';
        memset(token + 302, 's', 86);
        memset(before, 'A', 43);
    }
    return (size_t)snprintf(out, TEXT_MAX,
        "{\"v\":1,\"id\":\"%08llx-%04llx-7000-8%03llx-%012llx\",\"person\":%llu,\"direction\":\"in\",\"wall_ms\":%llu,"
        "\"mono_ms\":%llu,\"origin_ms\":%llu,\"signed_time\":{\"token\":\"%s\",\"wall_ms\":%llu,\"mono_ms\":1000,"
        "\"origin_ms\":%llu},\"seq\":9,\"prev\":\"%s\",\"app\":\"bench\",\"details\":[],\"site_code\":null}",
        EPOCH_MS >> 16, EPOCH_MS & 0xffff, (unsigned long long)person >> 48, (unsigned long long)person & 0xffffffffffff,
        (unsigned long long)person, EPOCH_MS, (unsigned long long)person, EPOCH_MS - 5000, token, EPOCH_MS, EPOCH_MS, before);
}

/* The punch as a compact JWS; its length. */
static size_t record_of(uint64_t person, const unsigned char kid[KID], char *out) {
    char header[128], name[48], payload[TEXT_MAX];
    unsigned char digest[SHA256_DIGEST_LENGTH], both[KEY];
    base64url(kid, KID, name);
    int head = snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"hadir-punch+jws\"}", name);
    size_t length = base64url((unsigned char *)header, (size_t)head, out);
    out[length++] = '.';
    length += base64url((unsigned char *)payload, payload_of(person, payload), out + length);
    SHA256((unsigned char *)out, length, digest);
    need(EC_KEY_set_private_key(key, secret));
    ECDSA_SIG *signature = ECDSA_do_sign(digest, sizeof digest, key);
    need(signature != NULL);
    need(BN_bn2binpad(ECDSA_SIG_get0_r(signature), both, KEY / 2) > 0 &&
         BN_bn2binpad(ECDSA_SIG_get0_s(signature), both + KEY / 2, KEY / 2) > 0);
    ECDSA_SIG_free(signature);
    out[length++] = '.';
    return length + base64url(both, sizeof both, out + length);
}

static void write_request(FILE *file, uint64_t person, const unsigned char kid[KID]) {
    static char record[TEXT_MAX], request[2 * TEXT_MAX];
    size_t body = record_of(person, kid, record) + sizeof "{\"punches\":[{\"record\":\"\"}]}" - 1;
    uint32_t length = (uint32_t)snprintf(request, sizeof request,
        "POST /v1/punches HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n"
        "{\"punches\":[{\"record\":\"%s\"}]}", body, record);
    if (fwrite(&length, 4, 1, file) != 1 || fwrite(request, length, 1, file) != 1) stop("the disk is full");
}

static FILE *opened(const char *name) {
    FILE *file = strcmp(name, "-") ? fopen(name, "wb") : NULL;
    if (!file && strcmp(name, "-")) stop(name);
    return file;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: crowd FIRST COUNT KEYS REQUESTS\n");
        return 2;
    }
    uint64_t first = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
    FILE *keys = opened(argv[3]), *requests = opened(argv[4]);
    group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    room = BN_CTX_new();
    secret = BN_new(), x = BN_new(), y = BN_new(), order_less_one = BN_new();
    point = EC_POINT_new(group), key = EC_KEY_new();
    need(EC_KEY_set_group(key, group) && EC_GROUP_get_order(group, order_less_one, room) && BN_sub_word(order_less_one, 1));
    for (uint64_t person = first; person < first + count; person++) {
        unsigned char public[KEY], kid[KID];
        derive(person, public);
        thumbprint(public, kid);
        if (keys && (fwrite(kid, KID, 1, keys) != 1 || fwrite(public, KEY, 1, keys) != 1)) stop("the disk is full");
        if (requests) write_request(requests, person, kid);
    }
    if ((keys && fclose(keys)) || (requests && fclose(requests))) stop("the disk is full");
    return 0;
}
