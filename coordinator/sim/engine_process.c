#include "coordinator/sim/engine_process.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "proto/base/arena.h"
#include "proto/base/child.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define FOLDER        "process"
#define COORD_PROGRAM "evenhand-coordinator"
#define NODE_PROGRAM  "evenhand-node"
#define COORD_NAME    "coordinator"
#define LOOK_MS       200   /* between two looks whether a program has ended */
#define FAREWELL_MS   10000 /* for the nodes to end after the coordinator */
#define KEY_FILE_MAX  4096
#define SAID_MAX      (16u << 20)
#define LOSSES_MAX    MODEL_LOSSES_MAX

struct federation {
    const struct process_options *o;
    const struct sites *sites;
    char folder[PATH_MAX], out[PATH_MAX]; /* absolute */
    struct identity coordinator;
    struct child head;
    char (*key_name)[KEY_NAME_MAX]; /* [sites->count] what the nodes are called */
    struct child *node;             /* [sites->count] */
    size_t started;                 /* of them */
    size_t failed;                  /* of those: ended, and not because the run was over */
    bool begun;                     /* a round is over */
    char *said; /* by the coordinator: lines that were not taken yet, then its envelope */
    size_t said_len, said_cap;
};

/* One setting of a configuration. */
static void put(FILE *to, const char *key, const char *value)
{
    fprintf(to, "%s = ", key);
    text_quoted(to, value);
    fputs(";\n", to);
}

/* --- names ------------------------------------------------------------------------------------ */

static bool all_can_be_names(const struct sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        if (!key_can_name(sites->name[i]))
            return false;
    return true;
}

/*
 * Nodes are called as their sites, where those can name a key. Else every one gets its number in
 * front, so that they keep their order, and whatever cannot stand in a name becomes '-'.
 */
static void name_nodes(struct federation *f)
{
    bool as_they_are = all_can_be_names(f->sites);
    for (size_t i = 0; i < f->sites->count; i++) {
        char *name = f->key_name[i];
        if (as_they_are)
            snprintf(name, KEY_NAME_MAX, "%s", f->sites->name[i]);
        else
            snprintf(name, KEY_NAME_MAX, "%04zu-%.40s", i + 1, f->sites->name[i]);
        for (char *c = name; *c != '\0'; c++)
            if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
                *c = '-';
        must(key_can_name(name));
    }
}

/* A site's own name, as far as the wire takes it. */
static void put_title(FILE *to, const char *name)
{
    char title[sizeof(((struct msg_join *)0)->site)];
    snprintf(title, sizeof title, "%s", name);
    for (char *c = title; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    put(to, "title", title);
}

/* --- keys and configurations ----------------------------------------------------------------- */

/* folder/name + ending */
static enum status place(char out[static PATH_MAX], const char *folder, const char *name,
                         const char *ending)
{
    char file[NAME_MAX + 1];
    int len = snprintf(file, sizeof file, "%s%s", name, ending);
    if (len < 0 || (size_t)len >= sizeof file)
        return fault(EC_IO_OPEN, name, "the name is too long for a file");
    return file_join(out, PATH_MAX, folder, file);
}

static enum status absolute(char out[static PATH_MAX], const char *path)
{
    char *whole = realpath(path, NULL);
    if (whole == NULL)
        return fault(EC_IO_OPEN, path, "%s", strerror(errno));
    enum status st = file_join(out, PATH_MAX, "", whole);
    free(whole);
    return st;
}

/* Writes what was put into the memory stream, and closes it. */
static enum status write_config(const char *path, FILE *from, char *const *text, const size_t *len)
{
    must(fclose(from) == 0);
    enum status st = file_write(path, *text, *len);
    free(*text);
    return st;
}

static enum status config_coordinator(char path[static PATH_MAX], struct federation *f)
{
    char state[PATH_MAX], sites[PATH_MAX], plan[PATH_MAX], *text = NULL;
    size_t len = 0;
    enum status st = place(state, f->folder, COORD_NAME, ".state");
    if (st == ST_OK)
        st = place(sites, f->folder, "sites", "");
    if (st == ST_OK)
        st = place(path, f->folder, COORD_NAME, ".cfg");
    if (st == ST_OK)
        st = absolute(plan, f->o->plan);
    if (st == ST_OK)
        st = file_folder(sites);
    if (st == ST_OK)
        st = file_folder_private(state);
    if (st == ST_OK)
        st = identity_make(&f->coordinator, state, COORD_NAME);
    if (st != ST_OK)
        return st;
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    put(to, "listen", "tcp://127.0.0.1:*");
    put(to, "plan", plan);
    put(to, "sites", sites);
    put(to, "state", state);
    put(to, "out", f->out);
    fprintf(to, "begin = { sites = %zu; };\nplan_overrides = [", f->sites->count);
    for (size_t i = 0; i < f->o->override_count; i++) {
        fputs(i > 0 ? ", " : " ", to);
        text_quoted(to, f->o->overrides[i]);
    }
    fputs(" ];\n", to);
    return write_config(path, to, &text, &len);
}

/* Enrolment: the public key file goes into the coordinator's folder of sites. */
static enum status enrol(const struct federation *f, const char *state, const char *name)
{
    char from[PATH_MAX], sites[PATH_MAX], to[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum status st = place(from, state, name, ".pub");
    if (st == ST_OK)
        st = place(sites, f->folder, "sites", "");
    if (st == ST_OK)
        st = place(to, sites, name, ".pub");
    if (st == ST_OK)
        st = file_read(&bytes, &len, from, KEY_FILE_MAX);
    if (st == ST_OK)
        st = file_write(to, bytes, len);
    free(bytes);
    return st;
}

static enum status make_site(const struct federation *f, const char *name)
{
    char state[PATH_MAX];
    struct identity id = {0};
    enum status st = place(state, f->folder, name, ".state");
    if (st == ST_OK)
        st = file_folder_private(state);
    if (st == ST_OK)
        st = identity_make(&id, state, name);
    if (st == ST_OK)
        st = enrol(f, state, name);
    identity_close(&id);
    return st;
}

static enum status config_node(char path[static PATH_MAX], const struct federation *f, size_t site,
                               const char *endpoint)
{
    const char *name = f->key_name[site];
    char state[PATH_MAX], data[PATH_MAX], *text = NULL;
    size_t len = 0;
    enum status st = place(state, f->folder, name, ".state");
    if (st == ST_OK)
        st = absolute(data, f->sites->path[site]);
    if (st == ST_OK)
        st = place(path, f->folder, name, ".cfg");
    if (st != ST_OK)
        return st;
    char *key = text_hex(f->coordinator.pub.curve, KEY_BYTES);
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    put(to, "name", name);
    put_title(to, f->sites->name[site]);
    put(to, "coordinator", endpoint);
    put(to, "coordinator_key", key);
    put(to, "state", state);
    put(to, "data", data);
    fputs("policy = { max_rounds = 0; };\n", to);
    free(key);
    return write_config(path, to, &text, &len);
}

/* --- the programs ---------------------------------------------------------------------------- */

static enum status start(struct child *c, const struct federation *f, const char *program,
                         const char *config, const char *name)
{
    char path[PATH_MAX], log[PATH_MAX];
    bool head = c == &f->head;
    const char *const node[] = {program, "run", config, "--json", NULL};
    const char *const coord[] = {program,  "run",      config,    "--lines",
                                 "--json", "--engine", "process", NULL};
    enum status st = child_path(path, sizeof path, program);
    if (st == ST_OK)
        st = place(log, f->folder, name, ".err");
    return st == ST_OK ? child_start(c, path, head ? coord : node, log, head) : st;
}

static enum status start_nodes(struct federation *f, const char *endpoint)
{
    char config[PATH_MAX];
    enum status st = ST_OK;
    for (size_t i = 0; i < f->sites->count && st == ST_OK; i++) {
        st = config_node(config, f, i, endpoint);
        if (st == ST_OK)
            st = start(&f->node[i], f, NODE_PROGRAM, config, f->key_name[i]);
        f->started = i + 1;
    }
    return st;
}

/* --- what the coordinator says --------------------------------------------------------------- */

static void on_round(struct federation *f, const struct json *line)
{
    const struct json *losses = json_get(line, "losses");
    const char *name[LOSSES_MAX];
    double loss[LOSSES_MAX];
    struct coord_progress p = {
        .round = (size_t)json_int(json_get(line, "leg"), 0),
        .train_round = (size_t)json_int(json_get(line, "round"), 0),
        .train_rounds = (size_t)json_int(json_get(line, "rounds"), 0),
        .stage = json_string(json_get(line, "stage"), ""),
        .done = json_real(json_get(line, "done"), 0),
        .seconds = json_real(json_get(line, "seconds"), 0),
        .seconds_left = json_real(json_get(line, "seconds_left"), 0),
        .loss_name = name,
        .loss = loss,
    };
    for (; p.loss_count < LOSSES_MAX && p.loss_count < json_count(losses); p.loss_count++) {
        name[p.loss_count] = json_key_at(losses, p.loss_count);
        loss[p.loss_count] = json_real(json_get(losses, name[p.loss_count]), 0);
    }
    f->begun = true;
    if (f->o->progress != NULL)
        f->o->progress(f->o->ctx, &p);
}

/* A line that is no event of ours belongs to the envelope, and stays. */
static enum status on_line(bool *taken, struct federation *f, const char *text, size_t len)
{
    static const char mark[] = "{\"event\"";
    struct json *line = NULL;
    *taken = len > strlen(mark) && memcmp(text, mark, strlen(mark)) == 0;
    if (!*taken)
        return ST_OK;
    enum status st = json_parse(&line, text, len, COORD_PROGRAM);
    if (st != ST_OK)
        return st;
    if (strcmp(json_string(json_get(line, "event"), ""), "listening") == 0)
        st = start_nodes(f, json_string(json_get(line, "endpoint"), ""));
    else
        on_round(f, line);
    json_close(&line);
    return st;
}

static enum status take_lines(struct federation *f)
{
    enum status st = ST_OK;
    bool taken = true;
    while (taken && st == ST_OK) {
        char *end = memchr(f->said, '\n', f->said_len);
        taken = end != NULL;
        if (end == NULL)
            break;
        size_t len = (size_t)(end - f->said) + 1;
        st = on_line(&taken, f, f->said, len - 1);
        if (taken) {
            f->said_len -= len;
            memmove(f->said, f->said + len, f->said_len);
        }
    }
    return st;
}

/* *open: may it say more? */
static enum status hear(bool *open, struct federation *f)
{
    struct pollfd wait = {f->head.out, POLLIN, 0};
    int ready = poll(&wait, 1, LOOK_MS);
    *open = true;
    if (ready <= 0)
        return ST_OK;
    if (f->said_cap - f->said_len < PIPE_BUF) {
        f->said_cap = 2 * f->said_cap + PIPE_BUF;
        f->said = realloc(f->said, f->said_cap);
        must(f->said != NULL);
    }
    ssize_t len = read(f->head.out, f->said + f->said_len, f->said_cap - f->said_len);
    if (len < 0)
        return errno == EINTR ? ST_OK : fault(EC_IO_PROGRAM, COORD_PROGRAM, "%s", strerror(errno));
    *open = len > 0;
    f->said_len += (size_t)len;
    return take_lines(f);
}

/* --- the whole of it -------------------------------------------------------------------------- */

/* A program's complaint, which is the last line of all that it said. */
static enum status complaint_of(const struct federation *f, const char *name)
{
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    struct json *said = NULL;
    enum status st = place(path, f->folder, name, ".err");
    if (st == ST_OK)
        st = file_read(&bytes, &len, path, SAID_MAX);
    if (st != ST_OK)
        return st;
    while (len > 0 && bytes[len - 1] == '\n')
        len--;
    const char *end = (const char *)bytes + len;
    const char *line = end;
    while (line > (const char *)bytes && line[-1] != '\n')
        line--;
    st = json_parse(&said, line, (size_t)(end - line), path);
    st = st == ST_OK ? child_complaint(said, path) : fault(EC_IO_PROGRAM, path, "it says why");
    json_close(&said);
    free(bytes);
    return st;
}

/* Before the first round every site is needed, as in one process; then the plan's quorum is. */
static enum status look_after_nodes(struct federation *f)
{
    int how = 0;
    for (size_t i = 0; i < f->started; i++) {
        if (!child_ended(&how, &f->node[i]) || how == 0)
            continue;
        f->failed++;
        log_warn("a node ended", LOG_TEXT("site", f->sites->name[i]), LOG_NUM("status", how));
        if (!f->begun || f->failed == f->started)
            return complaint_of(f, f->key_name[i]);
    }
    return ST_OK;
}

static bool any_node(const struct federation *f)
{
    for (size_t i = 0; i < f->started; i++)
        if (f->node[i].pid != 0)
            return true;
    return false;
}

static enum status listen_to_the_end(struct federation *f)
{
    enum status st = ST_OK;
    for (bool open = true; open && st == ST_OK;) {
        st = hear(&open, f);
        if (st == ST_OK && open)
            st = look_after_nodes(f);
    }
    return st;
}

/* The coordinator has closed its stdout: it ends now. */
static enum status judge(struct json **result, struct federation *f)
{
    enum status st = json_parse(result, f->said, f->said_len, COORD_PROGRAM);
    if (st != ST_OK)
        return fault(EC_IO_PROGRAM, f->folder,
                     "the coordinator ended without a result; %s.err says "
                     "why",
                     COORD_NAME);
    if (json_get(*result, "data") != NULL) /* its exit says whether the answer is yes */
        return ST_OK;
    st = child_complaint(*result, COORD_PROGRAM);
    json_close(result);
    return st;
}

static enum status open_all(struct federation *f)
{
    char config[PATH_MAX], relative[PATH_MAX];
    enum status st = file_join(relative, sizeof relative, f->o->out, FOLDER);
    if (st == ST_OK)
        st = file_remove_tree(relative); /* keys and sums of another run would be taken for ours */
    if (st == ST_OK)
        st = file_folder_private(relative);
    if (st == ST_OK)
        st = absolute(f->folder, relative);
    if (st == ST_OK)
        st = absolute(f->out, f->o->out);
    if (st == ST_OK)
        st = config_coordinator(config, f);
    for (size_t i = 0; i < f->sites->count && st == ST_OK; i++)
        st = make_site(f, f->key_name[i]);
    return st == ST_OK ? start(&f->head, f, COORD_PROGRAM, config, COORD_NAME) : st;
}

static void close_all(struct federation *f, bool well)
{
    struct complaint_kept why = *fault_kept();
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + FAREWELL_MS;
    child_stop(&f->head, FAREWELL_MS);
    while (well && any_node(f) && clock_now_ms(&clock) < end) {
        (void)look_after_nodes(f); /* they were told the end, and go by themselves */
        (void)poll(NULL, 0, LOOK_MS / 10);
    }
    for (size_t i = 0; i < f->started; i++)
        child_stop(&f->node[i], FAREWELL_MS);
    identity_close(&f->coordinator);
    free(f->node);
    free(f->key_name);
    free(f->said);
    fault_restore(&why);
}

enum status process_run(struct json **result, const struct sites *sites,
                        const struct process_options *options)
{
    struct federation f = {.o = options, .sites = sites, .head = {.out = -1}};
    f.node = must_alloc(sites->count, sizeof *f.node);
    f.key_name = must_alloc(sites->count, sizeof *f.key_name);
    name_nodes(&f);
    f.said_cap = PIPE_BUF;
    f.said = must_alloc(1, f.said_cap);
    for (size_t i = 0; i < sites->count; i++)
        f.node[i].out = -1;
    enum status st = open_all(&f);
    if (st == ST_OK)
        st = listen_to_the_end(&f);
    if (st == ST_OK)
        st = judge(result, &f);
    close_all(&f, st == ST_OK);
    return st;
}
