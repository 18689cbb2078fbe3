// SPDX-License-Identifier: Apache-2.0
/*
 * listen.h - a listening socket from "HOST:PORT".
 *
 * Threads: any.  I/O: the socket.
 */
#ifndef COMMON_HTTP_LISTEN_H
#define COMMON_HTTP_LISTEN_H

#include "common/base/mr_status.h"

#define LISTEN_ADDRESS_MAX 80u

/*
 * Opens it; the caller closes *fd.  `address` gets the numeric address with
 * the real port.  MR_E_CONFIG: not HOST:PORT with a numeric HOST or
 * "localhost", or no address of this machine.  MR_E_BUSY: the port is taken.
 */
MR_MUST_CHECK enum mr_code listen_open(const char *listen, int *fd,
                                       char address[LISTEN_ADDRESS_MAX],
                                       struct mr_err *err);

#endif
