#include "script_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t declared_length(const char *head)
{
    const char *at = strcasestr(head, "\r\ncontent-length:");

    return at == NULL ? 0
                      : strtoul(at + strlen("\r\ncontent-length:"), NULL, 10);
}

/* Reads one request; false when the client has closed. */
static bool read_request(int fd, char *text)
{
    size_t len = 0;

    memset(text, 0, SERVER_REQUEST_SIZE);
    for (;;) {
        char *end = strstr(text, "\r\n\r\n");
        ssize_t got;

        if (end != NULL &&
            len >= (size_t)(end + 4 - text) + declared_length(text))
            return true;
        got = recv(fd, text + len, SERVER_REQUEST_SIZE - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
    }
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* True when the connection goes on. */
static bool play(int fd, const struct script_step *step)
{
    char sink[64];

    if (!send_all(fd, step->bytes, step->len ? step->len : strlen(step->bytes)))
        return false;
    while (step->end == SCRIPT_REPEAT &&
           send_all(fd, step->again, strlen(step->again)))
        continue;
    while (step->end == SCRIPT_STALL && recv(fd, sink, sizeof(sink), 0) > 0)
        continue;
    if (step->end == SCRIPT_RESET)
        reset(fd);
    return step->end == SCRIPT_KEEP;
}

static const struct script_step *begin(struct server *server, const char *text)
{
    size_t number;

    pthread_mutex_lock(&server->lock);
    assert(server->request_count < SERVER_REQUESTS_MAX);
    number = (size_t)server->request_count++;
    memcpy(server->request[number], text, SERVER_REQUEST_SIZE);
    if (++server->now > server->most)
        server->most = server->now;
    pthread_mutex_unlock(&server->lock);
    if (number >= server->step_count)
        number = server->step_count - 1;
    return &server->steps[number];
}

/* Before the last byte, or the next request could be counted on top. */
static void end(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->now--;
    pthread_mutex_unlock(&server->lock);
}

static void *serve(void *context)
{
    struct connection *connection = context;
    struct server *server = connection->server;
    char text[SERVER_REQUEST_SIZE];
    const struct script_step *step = server->steps;
    bool more = true;

    if (step->unasked)
        more = play(connection->fd, step);
    while (more && read_request(connection->fd, text)) {
        step = begin(server, text);

        if (step->delay_ms > 0)
            poll(NULL, 0, step->delay_ms);
        end(server);
        more = play(connection->fd, step);
    }
    if (step->end != SCRIPT_RESET) /* a FIN would go before the reset */
        shutdown(connection->fd, SHUT_WR);
    pthread_mutex_lock(&server->lock);
    close(connection->fd);
    connection->fd = -1;
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void *accept_all(void *context)
{
    struct server *server = context;

    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        struct connection *connection;

        if (fd < 0)
            return NULL;
        pthread_mutex_lock(&server->lock);
        if (server->stopping) {
            close(fd);
        } else {
            assert(server->connection_count < SERVER_CONNECTIONS_MAX);
            connection = &server->connections[server->connection_count++];
            connection->server = server;
            connection->fd = fd;
            pthread_create(&connection->thread, NULL, serve, connection);
        }
        pthread_mutex_unlock(&server->lock);
    }
}

struct server *server_start(const struct script_step *steps, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    struct server *server = calloc(1, sizeof(*server));

    assert(server != NULL);
    server->steps = steps;
    server->step_count = count;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(server->listener, SERVER_CONNECTIONS_MAX) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
        abort();
    server->port = ntohs(address.sin_port);
    pthread_create(&server->thread, NULL, accept_all, server);
    return server;
}

void server_stop(struct server *server)
{
    int i;

    if (server->listener < 0)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    for (i = 0; i < server->connection_count; i++)
        if (server->connections[i].fd >= 0)
            shutdown(server->connections[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    for (i = 0; i < server->connection_count; i++)
        pthread_join(server->connections[i].thread, NULL);
    close(server->listener);
    server->listener = -1;
}

void server_free(struct server *server)
{
    server_stop(server);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

int server_requests(struct server *server)
{
    int count;

    pthread_mutex_lock(&server->lock);
    count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}
