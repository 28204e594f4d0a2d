#include "coordinator/eval/panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/text.h"

void panel_close(struct panel *p)
{
    fairness_close(&p->fairness);
    curves_close(&p->curves);
    free(p->group);
    *p = (struct panel){0};
}

void panel_number(char out[static PANEL_NUMBER_MAX], const struct fairness_measure *m)
{
    char value[TEXT_FIGURE_MAX], lo[TEXT_FIGURE_MAX], hi[TEXT_FIGURE_MAX];
    text_figure(value, m->value);
    text_figure(lo, m->lo);
    text_figure(hi, m->hi);
    if (isnan(m->lo) || isnan(m->hi))
        snprintf(out, PANEL_NUMBER_MAX, "%s", value);
    else
        snprintf(out, PANEL_NUMBER_MAX, "%s [%s %s]", value, lo, hi);
}
