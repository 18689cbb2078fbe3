// SPDX-License-Identifier: Apache-2.0
/*
 * private_net.h - whether an address lies in a network that is not public.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_HTTP_PRIVATE_NET_H
#define COMMON_HTTP_PRIVATE_NET_H

#include <stdbool.h>
#include <sys/socket.h>

/* True for loopback, private, link-local, shared (RFC 6598), multicast,
 * benchmark and reserved networks of IPv4 and IPv6 (the IANA special-purpose
 * registries), also when IPv4 hides in IPv6, and for other families. */
bool private_net_has(const struct sockaddr *address);

#endif
