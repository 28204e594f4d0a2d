#include "tests/support/reader.h"

#include "proto/base/must.h"

/* The net of one table or two, and which arc is which count. */
struct net {
    struct circulation c;
    size_t arc[2][READER_GROUPS_MAX + 1][READER_COLUMNS_MAX + 1];
};

int64_t reader_truth(const struct reader_view *view, size_t group, size_t column)
{
    const struct release *r = view->shown;
    int64_t sum = 0;
    for (size_t g = 0; g < r->groups; g++)
        for (size_t c = 0; c < r->columns; c++)
            if ((group == r->groups || group == g) && (column == r->columns || column == c))
                sum += view->count[g * r->columns + c];
    return sum;
}

int64_t reader_shown(const struct reader_view *view, size_t group, size_t column)
{
    const struct release *r = view->shown;
    const struct release_line *line = group == r->groups ? &r->everybody : &r->group[group];
    return column == r->columns ? line->total : line->cell[column];
}

static bool told(const struct reader_view *view, size_t group)
{
    return group < view->shown->groups &&
           (reader_shown(view, group, view->shown->columns) != RELEASE_WITHHELD ||
            (view->told != NULL && view->told[group]));
}

/* Is every other cell of the group shown to be 0? Then this one is the total. */
static bool alone(const struct reader_view *view, size_t group, size_t column)
{
    for (size_t c = 0; c < view->shown->columns; c++)
        if (c != column && reader_shown(view, group, c) != 0)
            return false;
    return true;
}

static bool knows(const struct reader_view *view, size_t group, size_t column)
{
    if (reader_shown(view, group, column) != RELEASE_WITHHELD)
        return true;
    bool total = column == view->shown->columns;
    return told(view, group) && (total || alone(view, group, column));
}

static void add_count(struct net *n, int which, size_t from, size_t to,
                      const struct reader_view *view, size_t group, size_t column)
{
    n->arc[which][group][column] = circulation_add(
        &n->c, from, to, reader_truth(view, group, column), knows(view, group, column));
}

/* Node numbers: a hub, then the columns and the groups of one table, then of the other. */
static size_t column_node(const struct release *r, int which, size_t column)
{
    return 3 + (size_t)which * (r->columns + r->groups) + column;
}

static size_t group_node(const struct release *r, int which, size_t group)
{
    return column_node(r, which, r->columns) + group;
}

/* The first table flows from the columns to the groups, the second the other way. */
static void add_table(struct net *n, int which, const struct reader_view *view)
{
    const struct release *r = view->shown;
    for (size_t c = 0; c < r->columns; c++) {
        size_t column = column_node(r, which, c), end = 1 + (size_t)which;
        add_count(n, which, which ? column : end, which ? end : column, view, r->groups, c);
        for (size_t g = 0; g < r->groups; g++) {
            size_t group = group_node(r, which, g);
            add_count(n, which, which ? group : column, which ? column : group, view, g, c);
        }
    }
    add_count(n, which, which ? 2 : 0, which ? 0 : 1, view, r->groups, r->columns);
}

/* A total of its own leads from or to the hub. */
static void add_total(struct net *n, int which, const struct reader_view *view, size_t group)
{
    size_t node = group_node(view->shown, which, group);
    add_count(n, which, which ? 0 : node, which ? node : 0, view, group, view->shown->columns);
}

/* A total that both tables share is one unknown, known when either shows it. */
static void add_kept_total(struct net *n, const struct reader_view *first,
                           const struct reader_view *second, size_t group)
{
    size_t total = first->shown->columns;
    int64_t truth = reader_truth(first, group, total);
    must(truth == reader_truth(second, group, total));
    bool known = knows(first, group, total) || knows(second, group, total);
    size_t arc = circulation_add(&n->c, group_node(first->shown, 0, group),
                                 group_node(second->shown, 1, group), truth, known);
    n->arc[0][group][total] = n->arc[1][group][total] = arc;
}

static void look(struct reader_finding *f, const struct net *n, int which,
                 const struct reader_view *view)
{
    const struct release *r = view->shown;
    for (size_t g = 0; g <= r->groups; g++)
        for (size_t c = 0; c <= r->columns; c++) {
            if (n->c.arc[n->arc[which][g][c]].known)
                continue;
            int64_t least, most;
            circulation_reach(&least, &most, &n->c, n->arc[which][g][c]);
            if (f->withheld++ == 0 || most - least < f->most - f->least) {
                f->least = least, f->most = most, f->release = which;
                f->group = g, f->column = c;
            }
        }
}

static void check_size(const struct release *r)
{
    must(r->groups <= READER_GROUPS_MAX);
    must(r->columns <= READER_COLUMNS_MAX);
}

struct reader_finding reader_reads_one(const struct reader_view *view)
{
    check_size(view->shown);
    struct net n = {.c = {.nodes = 0}};
    add_table(&n, 0, view);
    for (size_t g = 0; g < view->shown->groups; g++)
        add_total(&n, 0, view, g);
    struct reader_finding f = {0};
    look(&f, &n, 0, view);
    return f;
}

struct reader_finding reader_reads_two(const struct reader_view *first,
                                       const struct reader_view *second, const bool *kept)
{
    check_size(first->shown);
    check_size(second->shown);
    struct net n = {.c = {.nodes = 0}};
    add_table(&n, 0, first);
    add_table(&n, 1, second);
    for (size_t g = 0; g < first->shown->groups; g++) {
        if (kept[g]) {
            add_kept_total(&n, first, second, g);
            continue;
        }
        add_total(&n, 0, first, g);
        add_total(&n, 1, second, g);
    }
    struct reader_finding f = {0};
    look(&f, &n, 0, first);
    look(&f, &n, 1, second);
    return f;
}
