/*
 * link_mem.h - links inside one process: a hub of mailboxes, one a party.
 *
 * Any thread may use its own party's link. The coordinator's mailbox can be shuffled by seed:
 * messages of different sites then come in another order, those of one site keep theirs.
 */
#ifndef EVENHAND_LINK_MEM_H
#define EVENHAND_LINK_MEM_H

#include "proto/wire/link.h"

struct hub;

/* A hub for `sites` sites; shuffle 0: first come, first served. */
struct hub *hub_open(uint32_t sites, uint64_t shuffle);
void hub_close(struct hub **h);
/* Links live as long as the hub. */
struct link *hub_coordinator(struct hub *h);
struct link *hub_site(struct hub *h, uint32_t site);
/* Does a message wait for this site? */
bool hub_has_mail(struct hub *h, uint32_t site);

#endif
