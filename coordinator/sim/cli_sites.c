#include "coordinator/sim/cli_sites.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/flat.h"
#include "proto/base/arena.h"
#include "proto/base/child.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

#define PROGRAM        "evenhand-data"
#define FEATURES_USUAL "/x"
#define H5_ENDING      ".h5"
#define FLAT_ENDING    ".flat"
#define ALL_ONE_SITE   "*" /* as data.sites */
#define IMPORT_WORDS   8   /* of its command line, before what a plan wants otherwise */
#define WISHES_MAX     3

void sites_close(struct sites *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->path[i]);
        if (s->name != NULL)
            free(s->name[i]);
    }
    free(s->path);
    free(s->name);
    *s = (struct sites){0};
}

static enum status add_site(struct sites *s, const char *folder, const char *file)
{
    char path[PLAN_PATH_MAX];
    enum status st = file_join(path, sizeof(path), folder, file);
    if (st != ST_OK)
        return st;
    if (s->count == SITES_MAX)
        return fault(EC_IO_LIMIT, folder, "more than %d sites", SITES_MAX);
    if (s->path == NULL)
        s->path = must_alloc(SITES_MAX, sizeof(*s->path));
    s->path[s->count] = strdup(path);
    must(s->path[s->count] != NULL);
    s->count++;
    return ST_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_sites(struct sites *s)
{
    if (s->count > 1)
        qsort(s->path, s->count, sizeof(*s->path), by_name);
}

static bool ends_with(const char *name, const char *ending)
{
    size_t len = strlen(name), end = strlen(ending);
    return len > end && strcmp(name + len - end, ending) == 0;
}

/* The recipe's file: a path as it is, a name below data/ beside the plan. */
static enum status recipe_path(char out[static PLAN_PATH_MAX], const struct plan *plan,
                               const char *prepare)
{
    int len = 0;
    if (strchr(prepare, '/') != NULL || ends_with(prepare, ".cfg")) {
        len = snprintf(out, PLAN_PATH_MAX, "%s", prepare);
    } else {
        const char *slash = strrchr(plan->path, '/');
        int folder = slash == NULL ? 0 : (int)(slash + 1 - plan->path);
        len = snprintf(out, PLAN_PATH_MAX, "%.*sdata/%s.cfg", folder, plan->path, prepare);
    }
    must(len >= 0);
    return len < PLAN_PATH_MAX
               ? ST_OK
               : fault(EC_IO_OPEN, plan->path, "the path of recipe `%s` is too long", prepare);
}

/* What the plan wants otherwise than the recipe. */
struct wishes {
    char pair[WISHES_MAX][PLAN_PATH_MAX]; /* "key=value" */
    size_t count;
};

__attribute__((format(printf, 2, 3))) static void wish(struct wishes *w, const char *fmt, ...)
{
    va_list args;
    must(w->count < WISHES_MAX);
    va_start(args, fmt);
    vsnprintf(w->pair[w->count++], sizeof(w->pair[0]), fmt, args);
    va_end(args);
}

static void read_wishes(struct wishes *w, const struct plan *plan)
{
    const char *column = settings_text(plan->set, "data.sites");
    int64_t fold = settings_int(plan->set, "data.fold");
    bool one = strcmp(column, ALL_ONE_SITE) == 0;
    *w = (struct wishes){.count = 0};
    if (column[0] != '\0')
        wish(w, "site=%s", one ? "" : column);
    if (one)
        wish(w, "artificial_sites.count=0");
    if (fold >= 0)
        wish(w, "split.fold=%" PRId64, fold);
}

/* data.prepare: one call makes all sites, and its result names them. */
static enum status import(struct sites *s, const struct plan *plan, const char *program,
                          const char *folder)
{
    char recipe[PLAN_PATH_MAX], root[PLAN_PATH_MAX];
    enum status st = recipe_path(recipe, plan, settings_text(plan->set, "data.prepare"));
    if (st == ST_OK)
        st = plan_place(root, sizeof(root), plan, "data.root");
    if (st != ST_OK)
        return st;
    struct wishes wishes;
    read_wishes(&wishes, plan);
    const char *words[IMPORT_WORDS + 2 * WISHES_MAX + 1] = {PROGRAM, "import", recipe, "--root",
                                                            root,    "--out",  folder, "--json"};
    for (size_t i = 0; i < wishes.count; i++) {
        words[IMPORT_WORDS + 2 * i] = "--set";
        words[IMPORT_WORDS + 2 * i + 1] = wishes.pair[i];
    }
    struct json *envelope = NULL;
    st = child_run(&envelope, program, words);
    if (st != ST_OK)
        return st;
    const struct json *sites = json_get(json_get(envelope, "data"), "sites");
    for (size_t i = 0; i < json_count(sites) && st == ST_OK; i++)
        st = add_site(s, folder, json_string(json_get(json_at(sites, i), "flat"), ""));
    json_close(&envelope);
    return st;
}

/* Was the flat file made from this dataset after its source was last written? */
static bool up_to_date(const char *flat, const char *h5, const char *features)
{
    struct stat made, source;
    if (strcmp(features, FEATURES_USUAL) != 0) /* it does not say which dataset it was made from */
        return false;
    if (stat(flat, &made) != 0 || stat(h5, &source) != 0)
        return false;
    if (made.st_mtim.tv_sec != source.st_mtim.tv_sec)
        return made.st_mtim.tv_sec > source.st_mtim.tv_sec;
    return made.st_mtim.tv_nsec > source.st_mtim.tv_nsec;
}

static enum status pack(const char *program, const char *flat, const char *h5, const char *features)
{
    if (up_to_date(flat, h5, features))
        return ST_OK;
    const char *words[] = {PROGRAM, "pack", h5, "--out", flat, "--x", features, "--json", NULL};
    struct json *envelope = NULL;
    enum status st = child_run(&envelope, program, words);
    if (st == ST_OK)
        json_close(&envelope);
    return st;
}

/* Every *.h5 of the folder, without its ending, sorted; close with sites_close. */
static enum status list_h5(struct sites *found, const char *root)
{
    DIR *folder = opendir(root);
    if (folder == NULL)
        return fault(EC_IO_OPEN, root, "%s", strerror(errno));
    enum status st = ST_OK;
    for (struct dirent *entry = readdir(folder); entry != NULL && st == ST_OK;
         entry = readdir(folder))
        if (entry->d_name[0] != '.' && ends_with(entry->d_name, H5_ENDING))
            st = add_site(found, root, entry->d_name);
    closedir(folder);
    sort_sites(found);
    return st;
}

static enum status pack_all(struct sites *s, const struct plan *plan, const char *program,
                            const char *folder)
{
    char root[PLAN_PATH_MAX];
    struct sites h5 = {0};
    if (settings_int(plan->set, "data.fold") >= 0)
        return fault(EC_CFG_CONFLICT, plan->path,
                     "`data.fold` is a fold of a recipe, and `data.prepare` names none");
    enum status st = plan_place(root, sizeof(root), plan, "data.root");
    if (st == ST_OK)
        st = list_h5(&h5, root);
    if (st == ST_OK && h5.count == 0)
        st = fault(EC_DATA_EMPTY, root,
                   "holds no *%s file; data.root names the folder of the sites", H5_ENDING);
    for (size_t i = 0; i < h5.count && st == ST_OK; i++) {
        const char *name = strrchr(h5.path[i], '/');
        name = name == NULL ? h5.path[i] : name + 1;
        char flat[PLAN_PATH_MAX];
        int len = snprintf(flat, sizeof(flat), "%.*s%s", (int)(strlen(name) - strlen(H5_ENDING)),
                           name, FLAT_ENDING);
        must(len > 0 && (size_t)len < sizeof(flat));
        st = add_site(s, folder, flat);
        if (st == ST_OK)
            st = pack(program, s->path[i], h5.path[i], settings_text(plan->set, "data.features"));
    }
    sites_close(&h5);
    return st;
}

struct named {
    char *name, *path;
};

static int by_site_name(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* Numbers of sites follow their names, in one process as in many. */
static enum status name_sites(struct sites *s)
{
    enum status st = ST_OK;
    struct named *all = must_alloc(s->count, sizeof *all);
    for (size_t i = 0; i < s->count; i++) {
        struct flat f;
        all[i].path = s->path[i];
        if (st == ST_OK)
            st = flat_open(&f, s->path[i]);
        all[i].name = strdup(st == ST_OK ? f.site : "");
        must(all[i].name != NULL);
        if (st == ST_OK)
            flat_close(&f);
    }
    qsort(all, s->count, sizeof *all, by_site_name);
    s->name = must_alloc(s->count, sizeof *s->name);
    for (size_t i = 0; i < s->count; i++) {
        s->path[i] = all[i].path;
        s->name[i] = all[i].name;
        if (st == ST_OK && i > 0 && strcmp(s->name[i], s->name[i - 1]) == 0)
            st = fault(EC_DATA_DISAGREE, s->path[i], "two sites are named `%s`", s->name[i]);
    }
    free(all);
    return st;
}

enum status sites_open(struct sites *s, const struct plan *plan, const char *out)
{
    *s = (struct sites){0};
    char program[PLAN_PATH_MAX], folder[PLAN_PATH_MAX];
    enum status st = child_path(program, sizeof(program), PROGRAM);
    if (st == ST_OK)
        st = file_join(folder, sizeof(folder), out, "data");
    if (st == ST_OK)
        st = file_folder(folder);
    if (st != ST_OK)
        return st;
    st = settings_text(plan->set, "data.prepare")[0] != '\0' ? import(s, plan, program, folder)
                                                             : pack_all(s, plan, program, folder);
    if (st == ST_OK && s->count == 0)
        st = fault(EC_DATA_EMPTY, folder, "there is no site");
    if (st == ST_OK)
        st = name_sites(s);
    if (st != ST_OK) {
        sites_close(s);
        return st;
    }
    log_info("data", LOG_NUM("sites", s->count), LOG_TEXT("folder", folder));
    return ST_OK;
}
