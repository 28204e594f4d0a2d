#include "node/data/agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

static void remember(struct agreement *a, const struct site *s, const char *path)
{
    snprintf(a->path, sizeof a->path, "%s", path);
    a->shape = s->flat;
    a->shape.patient = NULL;
    a->shape.split = NULL;
    a->shape.value = NULL;
    a->shape.x = NULL;
    a->shape.map = NULL;
    if (s->feature == NULL)
        return;
    a->feature = must_alloc(s->flat.width, sizeof *a->feature);
    for (size_t i = 0; i < s->flat.width; i++) {
        a->feature[i] = strdup(s->feature[i]);
        must(a->feature[i] != NULL);
    }
}

static enum status agree_targets(const struct agreement *a, const struct target *ours,
                                 const struct target *theirs, size_t count, const char *what,
                                 const char *path)
{
    for (size_t i = 0; i < count; i++) {
        bool same = strcmp(ours[i].name, theirs[i].name) == 0 && ours[i].kind == theirs[i].kind &&
                    ours[i].levels == theirs[i].levels;
        for (size_t k = 0; same && k < ours[i].levels; k++)
            same = strcmp(ours[i].level[k], theirs[i].level[k]) == 0;
        if (!same)
            return fault(EC_DATA_DISAGREE, path,
                         "%s %zu is %s here and %s in %s, or of another kind or other levels", what,
                         i, ours[i].name, theirs[i].name, a->path);
    }
    return ST_OK;
}

enum status agree(struct agreement *a, const struct site *s, const char *path)
{
    const struct flat *f = &s->flat;

    if (a->path[0] == '\0') {
        remember(a, s, path);
        return ST_OK;
    }
    if (f->scores != a->shape.scores)
        return fault(EC_DATA_DISAGREE, path, "%s here, %s in %s", f->scores ? "scores" : "features",
                     f->scores ? "features" : "scores", a->path);
    if (f->width != a->shape.width)
        return fault(EC_DATA_DISAGREE, path, "%zu features here, %zu in %s", f->width,
                     a->shape.width, a->path);
    for (size_t i = 0; s->feature != NULL && a->feature != NULL && i < f->width; i++)
        if (strcmp(s->feature[i], a->feature[i]) != 0)
            return fault(EC_DATA_DISAGREE, path, "feature %zu is %s here, %s in %s", i,
                         s->feature[i], a->feature[i], a->path);
    if (f->task_count != a->shape.task_count || f->group_count != a->shape.group_count)
        return fault(EC_DATA_DISAGREE, path, "%zu labels and %zu groups here, %zu and %zu in %s",
                     f->task_count, f->group_count, a->shape.task_count, a->shape.group_count,
                     a->path);
    enum status st = agree_targets(a, f->task, a->shape.task, f->task_count, "label", path);
    return st == ST_OK ? agree_targets(a, f->group, a->shape.group, f->group_count, "group", path)
                       : st;
}

void agree_free(struct agreement *a)
{
    for (size_t i = 0; a->feature != NULL && i < a->shape.width; i++)
        free(a->feature[i]);
    free(a->feature);
    *a = (struct agreement){0};
}
