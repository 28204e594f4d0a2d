/* evenhand: the front command. Verbs that need HDF5 are handed on to the program that links it. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/sim/cli.h"
#include "crypto/hash.h"
#include "proto/base/child.h"
#include "proto/base/opt_help.h"

#define DATA_PROGRAM "evenhand-data"

static enum status run_version(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    *data = json_object();
    json_put_text(*data, "program", "evenhand");
    json_put_text(*data, "version", EVENHAND_VERSION);
    json_put_text(*data, "report_schema", REPORT_SCHEMA);
    if (!opt_json())
        printf("evenhand %s\n", EVENHAND_VERSION);
    return ST_OK;
}

static const struct opt_verb version_verb = {
    .name = "version",
    .arguments = "",
    .about = "Which version this is.",
    .run = run_version,
};

/* Reached only when hand_on came back: these verbs belong to another program. */
static enum status not_handed_on(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    (void)data;
    char path[CLI_PATH_MAX];
    enum status st = child_path(path, sizeof(path), DATA_PROGRAM);
    return st != ST_OK ? st : fault(EC_IO_PROGRAM, path, "%s", strerror(errno));
}

static const struct opt_verb data_verb = {
    .name = "data",
    .arguments = "VERB ...",
    .most = SIZE_MAX,
    .about = "Makes and checks sites' data files: evenhand data --help.",
    .run = not_handed_on,
};

static const struct opt_verb cohort_verb = {
    .name = "cohort",
    .arguments = "...",
    .most = SIZE_MAX,
    .about = "A synthetic cohort with known truth, and a plan that runs on it.",
    .run = not_handed_on,
};

static const struct opt_verb transform_verb = {
    .name = "transform",
    .arguments = "...",
    .most = SIZE_MAX,
    .about = "What a trained debiaser releases of new embeddings.",
    .run = not_handed_on,
};

static bool is_handed_on(const char *word)
{
    return strcmp(word, data_verb.name) == 0 || strcmp(word, cohort_verb.name) == 0 ||
           strcmp(word, transform_verb.name) == 0;
}

/* Becomes evenhand-data when the first word is one of its verbs; comes back when it cannot. */
static void hand_on(char **argv)
{
    char path[CLI_PATH_MAX];
    if (!is_handed_on(argv[1]) || child_path(path, sizeof(path), DATA_PROGRAM) != ST_OK)
        return;
    if (strcmp(argv[1], data_verb.name) == 0)
        argv++; /* `evenhand data check` is `evenhand-data check`; the others are its own verbs */
    char *word = argv[0];
    argv[0] = path;
    execv(path, argv);
    argv[0] = word;
}

/* The hospitals' matrices and vectors come and go by megabytes. Left to itself malloc soon keeps blocks of
 * up to 32 MB in heaps of its threads, where what is freed is lost between what is not. */
#define MAPPED_FROM_BYTES (1 << 20)

int main(int argc, char **argv)
{
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
    const struct opt_verb verbs[] = {cli_run,      cli_sweep,   cli_evaluate, cli_new,
                                     cli_settings, cli_report,  cohort_verb,  transform_verb,
                                     data_verb,    opt_explain, version_verb};
    crypto_start();
    if (argc > 1)
        hand_on(argv);
    /* What was handed on in vain is judged by its first word; its options are another program's. */
    if (argc > 1 && is_handed_on(argv[1]))
        argc = 2;
    return opt_main("evenhand",
                    "Trains models on medical embeddings across hospitals, and measures what the "
                    "embeddings still say.",
                    verbs, COUNT(verbs), argc, argv);
}
