#include "coordinator/eval/panel.h"

#include <stdlib.h>

void panel_close(struct panel *p)
{
    fairness_close(&p->fairness);
    free(p->group);
    *p = (struct panel){0};
}
