// SPDX-License-Identifier: Apache-2.0
/*
 * private_net.c - see private_net.h.
 */
#include "common/http/private_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static const struct {
    uint32_t net;
    unsigned bits;
} nets4[] = {
    { 0x00000000u, 8 },  { 0x0A000000u, 8 },  { 0x64400000u, 10 },
    { 0x7F000000u, 8 },  { 0xA9FE0000u, 16 }, { 0xAC100000u, 12 },
    { 0xC0000000u, 24 }, { 0xC0000200u, 24 }, { 0xC0A80000u, 16 },
    { 0xC6120000u, 15 }, { 0xC6336400u, 24 }, { 0xCB007100u, 24 },
    { 0xE0000000u, 3 },
};

static bool private4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(nets4) / sizeof(nets4[0]); i++) {
        if ((address ^ nets4[i].net) >> (32 - nets4[i].bits) == 0)
            return true;
    }
    return false;
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Only 2000::/3 is routed; in it 6to4 and NAT64 carry an IPv4 address. */
static bool private6(const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255
    };
    static const uint8_t nat64[12] = { 0, 0x64, 0xFF, 0x9B };

    if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0)
        return private4(word_at(bytes + 12));
    if (bytes[0] == 0x20 && bytes[1] == 0x02)
        return private4(word_at(bytes + 2));
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D &&
        bytes[3] == 0xB8)
        return true;
    return (bytes[0] & 0xE0) != 0x20;
}

bool private_net_has(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof(in));
        return private4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;

        memcpy(&in, address, sizeof(in));
        return private6(in.sin6_addr.s6_addr);
    }
    return true;
}
