/*
 * crowd.c - sites that do nothing but hold the line.
 *
 *     crowd tcp://HOST:PORT COORDINATOR.pub KEYS SITES COUNT
 *
 * Makes COUNT keys in the folder KEYS and enrols them in the folder SITES. Prints `up` when each
 * has its line, then holds them until its stdin ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/link_zmq.h"

#define PATH_BYTES 4096
#define KEY_FILE   4096

struct holder {
    struct identity self;
    struct net_link *link;
};

static void enrol(struct holder *h, const char *keys, const char *sites, unsigned number)
{
    char name[16], file[32], from[PATH_BYTES], to[PATH_BYTES];
    uint8_t *bytes = NULL;
    size_t len = 0;
    snprintf(name, sizeof name, "idle-%03u", number);
    snprintf(file, sizeof file, "%s.pub", name);
    must(identity_make(&h->self, keys, name) == ST_OK);
    must(file_join(from, sizeof from, keys, file) == ST_OK);
    must(file_join(to, sizeof to, sites, file) == ST_OK);
    must(file_read(&bytes, &len, from, KEY_FILE) == ST_OK);
    must(file_write(to, bytes, len) == ST_OK);
    free(bytes);
}

int main(int argc, char **argv)
{
    struct public_key server;
    char ended = 0;
    crypto_start();
    log_to_stderr(LOG_ERROR, false);
    if (argc != 6 || public_key_open(&server, argv[2]) != ST_OK) {
        fprintf(stderr, "crowd ENDPOINT COORDINATOR.pub KEYS SITES COUNT\n");
        return 64;
    }
    unsigned count = (unsigned)strtoul(argv[5], NULL, 10);
    struct holder *holder = must_alloc(count, sizeof *holder);
    for (unsigned i = 0; i < count; i++)
        enrol(&holder[i], argv[3], argv[4], i);
    for (unsigned i = 0; i < count; i++) {
        struct net_node_options o = {
            .endpoint = argv[1], .self = &holder[i].self, .server = &server};
        must(net_node_open(&holder[i].link, &o) == ST_OK);
    }
    for (unsigned i = 0; i < count; i++)
        while (net_line(holder[i].link) != LINE_UP)
            net_wait(holder[i].link, 1000);
    printf("up\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &ended, 1) > 0)
        ;
    for (unsigned i = 0; i < count; i++) {
        net_close(&holder[i].link, 0);
        identity_close(&holder[i].self);
    }
    free(holder);
    return 0;
}
