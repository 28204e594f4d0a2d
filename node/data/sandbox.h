/*
 * sandbox.h - what evenhand-data gives up before it reads a byte of a foreign file.
 *
 * HDF5 parses hostile files badly, and this program meets them: so it makes no
 * core dump, gains no rights by running another program, and the kernel
 * refuses it every socket (EPERM). Files stay open to it: it is there to read
 * and write them.
 */
#ifndef EVENHAND_SANDBOX_H
#define EVENHAND_SANDBOX_H

#include "proto/base/status.h"

/* Once, at the start. false: this kernel or processor cannot filter system calls. */
bool sandbox_enter(void);

#endif
