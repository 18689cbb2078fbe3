// SPDX-License-Identifier: Apache-2.0
/*
 * listen.c - see listen.h.
 */
#include "common/http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* Cuts "HOST:PORT" or "[HOST]:PORT" in two. */
static enum mr_code cut(const char *listen, char host[64], char port[8],
                        struct mr_err *err)
{
    const char *colon = strrchr(listen, ':');
    size_t size = colon == NULL ? 0 : (size_t)(colon - listen);

    if (colon == NULL || size >= 64 || strlen(colon + 1) >= 8 ||
        colon[1] == '\0')
        return mr_fail(err, MR_E_CONFIG,
                       "listen: \"%s\" is not HOST:PORT, such as "
                       "127.0.0.1:7700",
                       listen);
    if (size >= 2 && listen[0] == '[' && listen[size - 1] == ']') {
        listen++;
        size -= 2;
    }
    memcpy(host, listen, size);
    host[size] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
    return MR_OK;
}

static enum mr_code bind_to(int fd, const struct addrinfo *found,
                            const char *text, struct mr_err *err)
{
    int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        if (errno == EADDRINUSE)
            return mr_fail(err, MR_E_BUSY,
                           "listen: %s is taken by another program; stop it "
                           "or give another address with --listen",
                           text);
        return mr_fail_errno(err, MR_E_CONFIG, errno, "listen: %s", text);
    }
    return MR_OK;
}

static void name_of(int fd, char address[LISTEN_ADDRESS_MAX])
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char host[64] = "?";
    char port[8] = "?";

    if (getsockname(fd, (struct sockaddr *)&bound, &size) == 0)
        (void)getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host),
                          port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    (void)snprintf(address, LISTEN_ADDRESS_MAX,
                   strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

enum mr_code listen_open(const char *listen, int *fd,
                         char address[LISTEN_ADDRESS_MAX], struct mr_err *err)
{
    struct addrinfo hints = { .ai_flags =
                                  AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char host[64];
    char port[8];
    enum mr_code code = cut(listen, host, port, err);
    int error;

    if (code != MR_OK)
        return code;
    error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return mr_fail(err, MR_E_CONFIG,
                       "listen: \"%s\": %s; give a numeric address and port",
                       listen, gai_strerror(error));
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        code = mr_fail_errno(err, MR_E_CONFIG, errno, "listen: %s", listen);
        goto out_free;
    }
    code = bind_to(*fd, found, listen, err);
    if (code != MR_OK)
        (void)close(*fd);
    else
        name_of(*fd, address);
out_free:
    freeaddrinfo(found);
    return code;
}
