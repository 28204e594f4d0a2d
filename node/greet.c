#include "node/greet.h"

#include "proto/adopt/parts.h"
#include "proto/base/log.h"

enum status greet_hello(struct link *l)
{
    struct msg m = {.head = {.type = MSG_HELLO}};
    return l->ops->send(l, &m);
}

enum status greet_judge(struct plan *p, const struct msg *m, const struct node_config *c)
{
    enum status st =
        plan_parse(p, m->as.plan.text, m->as.plan.text_len, adopt_parts, adopt_part_count);
    if (st != ST_OK)
        return st;
    st = digest_equal(&p->digest, &m->head.config)
             ? node_config_allows(c, p)
             : fault(EC_RUN_PLAN, "coordinator", "the plan it sends is not the one it names");
    if (st != ST_OK)
        plan_close(p);
    return st;
}

void greet_leave(struct link *l, const struct digest *plan)
{
    struct complaint_kept why = *fault_kept();
    struct msg no = {.head = {.type = MSG_REFUSED, .config = *plan}};
    msg_refuse(&no, why.what, "");
    if (l->ops->send(l, &no) != ST_OK)
        log_warn("not said", LOG_TEXT("why", fault_text()));
    fault_restore(&why);
}
