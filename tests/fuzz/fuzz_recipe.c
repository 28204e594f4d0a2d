/* Any text as a recipe: refused, or one that an import can follow without a further question. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/data/recipe.h"
#include "node/flat.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define TEXT_MAX 1024 /* longer ones only say more of the same */

/* libconfig 1.5 forgets its text buffer at a syntax error; what we allocate stays watched. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig_yylex\nleak:strbuf_append\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_words(const struct words *w)
{
    must(w->count <= SETTINGS_LIST_MAX);
    for (size_t i = 0; i < w->count; i++)
        must(words_have(w, w->word[i]));
}

static void check_tables(const struct recipe *r)
{
    must(r->table_count >= 1);
    must(r->table_count <= RECIPE_TABLES_MAX);
    for (size_t i = 0; i < r->table_count; i++) {
        const struct recipe_table *t = &r->table[i];
        check_words(&t->columns);
        must(t->header == (t->columns.count == 0));
        must(t->separator != '\0');
        must(strchr("\"\r\n", t->separator) == NULL);
        must(i == 0 || t->key[0] != '\0');
        must(t->on[0] != '\0' || t->key[0] == '\0');
        for (size_t k = 0; k < i; k++)
            must(strcmp(t->file, r->table[k].file) != 0);
    }
}

static void check_features(const struct recipe *r)
{
    must(r->scores ? r->feature_count == 0 : r->feature_count >= 1);
    must(r->feature_count <= RECIPE_FEATURES_MAX);
    for (size_t i = 0; i < r->feature_count; i++) {
        const struct recipe_feature *f = &r->feature[i];
        check_words(&f->columns);
        check_words(&f->levels);
        must(f->columns.count > 0);
        must(f->fill <= FILL_DROP);
        must(f->clip >= 0);
        must(!f->onehot || (f->clip == 0 && f->fill != FILL_MEAN));
        must(f->onehot || (!f->drop_first && f->levels.count == 0));
    }
}

/* HDF5, plans and reports can hold it, and it is behind the one before: none is there twice. */
static void check_name(const char *name, const char *before)
{
    must(flat_can_name(name));
    must(strchr(name, '/') == NULL);
    must(before == NULL || strcmp(before, name) < 0);
}

static void check_targets(const struct recipe *r)
{
    must(r->label_count <= TASKS_MAX);
    must(r->group_count <= GROUPS_MAX);
    for (size_t i = 0; i < r->label_count; i++) {
        const struct recipe_label *l = &r->label[i];
        check_name(l->name, i > 0 ? r->label[i - 1].name : NULL);
        must(l->column[0] != '\0');
        must((l->score[0] != '\0') == r->scores);
        must(l->positive.count > 0 || l->negative.count == 0);
        check_words(&l->unknown);
    }
    for (size_t i = 0; i < r->group_count; i++) {
        const struct recipe_group *g = &r->group[i];
        check_name(g->name, i > 0 ? r->group[i - 1].name : NULL);
        must(g->column[0] != '\0');
        must(g->kind <= TARGET_REGRESSION);
        must(!g->by_threshold || (g->kind == TARGET_BINARY && g->levels.count == 0));
        must(g->names.count == 0 || g->names.count == (g->by_threshold ? 2 : g->levels.count));
        must(g->kind != TARGET_REGRESSION || g->levels.count + g->names.count == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    len = len < TEXT_MAX ? len : TEXT_MAX;
    struct recipe *r = NULL;
    char *text = must_alloc(len + 1, 1);
    if (len > 0)
        memcpy(text, data, len);
    if (recipe_parse(&r, text, "fuzz") == ST_OK) {
        check_tables(r);
        check_features(r);
        check_targets(r);
        must(r->valid_share >= 0);
        must(r->test_share >= 0);
        must(r->valid_share + r->test_share < 1);
        must(r->site[0] == '\0' || r->artificial_sites == 0);
        must(r->artificial_sites <= RECIPE_SITES_MAX);
        must(r->select_count <= RECIPE_SELECTS_MAX);
        check_words(&r->missing);
        check_words(&r->drop_missing);
    } else {
        must(r == NULL);
    }
    recipe_close(&r);
    free(text);
    return 0;
}
