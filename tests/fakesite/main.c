/* fakesite: a small Atlassian on 127.0.0.1. See README.md. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "exchange.h"

enum { CONNECTION_MEMORY_BYTES = 256 * 1024, PORT_MAX = 65535 };

static const char default_token[] = "fakesite-token";
static const char default_key[] = "fakesite-api-key";
static const char session_cookie[] = "cloud.session.token";
static const char default_session[] = "fakesite-session";

struct options {
    const char *site;
    const char *generate;
    const char *scenario;
    const char *user;
    const char *token;
    const char *bearer;
    const char *cookie;
    const char *api_key;
    const char *session;
    const char *oauth_client;
    const char *oauth_refresh;
    const char *scopes;
    const char *scoped; /* NULL: no */
    const char *admin_as;
    const char *hub_as;
    const char *requests;
    const char *dump;
    const char *port_file;
    const char *port;
};

static void usage(void)
{
    fputs("usage: fakesite (--site DIR | --generate users=N,records=N,seed=N"
          "[,now=TIME][,keys=ug|id|mixed][,about=PERCENT])\n"
          "    [--scenario FILE] [--port N] [--port-file FILE]\n"
          "    [--user EMAIL] [--token TOKEN | --bearer TOKEN | "
          "--cookie NAME=VALUE]\n"
          "    [--api-key KEY] [--session VALUE] [--scoped] [--scopes LIST]\n"
          "    [--admin-as KIND] [--hub-as KIND]\n"
          "    [--oauth-client ID=SECRET] [--oauth-refresh TOKEN]\n"
          "    [--requests FILE] [--dump DIR]\n",
          stderr);
    exit(EX_USAGE);
}

static void parse_options(struct options *options, int argc, char **argv)
{
    const char **const places[] = {
        &options->site,   &options->generate,  &options->scenario,
        &options->user,   &options->token,     &options->bearer,
        &options->cookie, &options->requests,  &options->dump,
        &options->port,   &options->port_file, &options->api_key,
        &options->session, &options->oauth_client, &options->oauth_refresh,
        &options->scopes,  &options->scoped,       &options->admin_as,
        &options->hub_as};
    static const struct option names[] = {
        {"site", 1, NULL, 0},      {"generate", 1, NULL, 0},
        {"scenario", 1, NULL, 0},  {"user", 1, NULL, 0},
        {"token", 1, NULL, 0},     {"bearer", 1, NULL, 0},
        {"cookie", 1, NULL, 0},    {"requests", 1, NULL, 0},
        {"dump", 1, NULL, 0},      {"port", 1, NULL, 0},
        {"port-file", 1, NULL, 0}, {"api-key", 1, NULL, 0},
        {"session", 1, NULL, 0},   {"oauth-client", 1, NULL, 0},
        {"oauth-refresh", 1, NULL, 0}, {"scopes", 1, NULL, 0},
        {"scoped", 0, NULL, 0},    {"admin-as", 1, NULL, 0},
        {"hub-as", 1, NULL, 0},    {NULL, 0, NULL, 0}};
    int index = 0;
    int code;

    while ((code = getopt_long(argc, argv, "", names, &index)) != -1) {
        if (code != 0)
            usage();
        *places[index] = optarg == NULL ? "yes" : optarg;
    }
    if (options->oauth_client != NULL &&
        strchr(options->oauth_client, '=') == NULL)
        usage();
    if (optind != argc ||
        (options->site == NULL) == (options->generate == NULL))
        usage();
}

static void base64(struct text *out, const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 3) {
        unsigned bits = 0;
        char four[4];

        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < len ? (unsigned char)text[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            four[j] = i + j > len ? '=' : digits[bits >> (18 - 6 * j) & 63];
        text_add(out, four, 4);
    }
}

static void want_basic(struct auth *auth, const char *user, const char *secret)
{
    struct text plain = {0}, header = {0};

    text_fmt(&plain, "%s:%s", user, secret);
    text_str(&header, "Basic ");
    base64(&header, plain.data);
    text_free(&plain);
    auth->authorization = header.data;
}

static void want_bearer(struct auth *auth, const char *secret)
{
    struct text header = {0};

    text_fmt(&header, "Bearer %s", secret);
    auth->authorization = header.data;
}

static void want_cookie(struct auth *auth, const char *name, size_t len,
                        const char *value)
{
    auth->cookie_name = must_copy(name, len);
    auth->cookie_value = must_copy(value, strlen(value));
}

/* Jira's; basic unless another kind is given. */
static void set_auth(struct server *server, const struct options *options)
{
    const char *user =
        options->user == NULL ? server->site->user : options->user;
    size_t len;

    if (options->cookie != NULL) {
        len = strcspn(options->cookie, "=");
        if (options->cookie[len] == '\0')
            usage();
        want_cookie(&server->auth, options->cookie, len,
                    options->cookie + len + 1);
    } else if (options->bearer != NULL) {
        want_bearer(&server->auth, options->bearer);
    } else {
        want_basic(&server->auth, user,
                   options->token == NULL ? default_token : options->token);
    }
}

/* Of another family: SECRET as KIND says. */
static void set_family(struct server *server, struct auth *auth,
                       const char *kind, const char *secret)
{
    if (strcmp(kind, "basic") == 0)
        want_basic(auth, server->site->user, secret);
    else if (strcmp(kind, "bearer") == 0)
        want_bearer(auth, secret);
    else if (strcmp(kind, "cookie") == 0)
        want_cookie(auth, session_cookie, strlen(session_cookie), secret);
    else
        usage();
}

static const char *or_default(const char *value, const char *otherwise)
{
    return value == NULL ? otherwise : value;
}

static void set_listed(struct server *server)
{
    const struct site *site = server->site;

    server->listed = must_alloc((site->account_count + 1) * sizeof(size_t));
    for (size_t i = 0; i < site->account_count; i++) {
        if ((site->ops->flags(site, i) & ACCOUNT_UNLISTED) == 0)
            server->listed[server->listed_count++] = i;
    }
}

static void *on_uri(void *data, const char *uri,
                    struct MHD_Connection *connection)
{
    (void)connection;
    return exchange_new(data, uri);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **state)
{
    struct exchange *x = *state;
    struct server *server = data;

    (void)url;
    (void)version;
    if (!x->begun || *upload_data_size > 0) {
        x->begun = true;
        if (x->upload.len + *upload_data_size <= UPLOAD_BYTES_MAX)
            text_add(&x->upload, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    x->connection = connection;
    x->method = method;
    pthread_mutex_lock(&server->lock);
    x->number = ++server->requests;
    pthread_mutex_unlock(&server->lock);
    serve(x);
    log_request(x);
    return send_answer(x);
}

static void on_completed(void *data, struct MHD_Connection *connection,
                         void **state, enum MHD_RequestTerminationCode code)
{
    (void)data;
    (void)connection;
    (void)code;
    exchange_free(*state);
    *state = NULL;
}

static struct MHD_Daemon *start(struct server *server, const char *port)
{
    char *end = NULL;
    unsigned long number = port == NULL ? 0 : strtoul(port, &end, 10);
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct MHD_Daemon *daemon;

    if (number > PORT_MAX || (end != NULL && *end != '\0'))
        usage();
    address.sin_port = htons((uint16_t)number);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0,
        NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (daemon == NULL)
        die(EX_UNAVAILABLE, "cannot listen on 127.0.0.1:%lu", number);
    return daemon;
}

/* Written beside and renamed, so that a reader never sees half of it. */
static void write_port(const char *path, unsigned port)
{
    struct text temporary = {0};
    FILE *file;

    text_fmt(&temporary, "%s.new", path);
    file = fopen(temporary.data, "w");
    if (file == NULL || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0 ||
        rename(temporary.data, path) != 0)
        die(EX_CANTCREAT, "cannot write %s", path);
    text_free(&temporary);
}

static void announce(struct MHD_Daemon *daemon, const struct options *options)
{
    unsigned port =
        MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;

    if (options->port_file != NULL)
        write_port(options->port_file, port);
    printf("http://127.0.0.1:%u\n", port);
    if (fflush(stdout) != 0)
        die(EX_IOERR, "cannot write to stdout");
}

static void open_log(struct server *server, const char *path)
{
    server->log_fd = -1;
    if (path == NULL)
        return;
    server->log_fd =
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (server->log_fd < 0)
        die(EX_CANTCREAT, "cannot open %s", path);
}

/* The process ends with its parent, so that a killed test leaves nothing. */
static void follow_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        exit(0);
}

static void auth_free(struct auth *auth)
{
    free(auth->authorization);
    free(auth->cookie_name);
    free(auth->cookie_value);
}

static void release(struct server *server)
{
    if (server->log_fd >= 0)
        close(server->log_fd);
    scenario_free(&server->scenario);
    keep_release(&server->keep);
    free(server->listed);
    auth_free(&server->auth);
    auth_free(&server->admin_auth);
    auth_free(&server->hub_auth);
    oauth_free(&server->oauth);
    org_free(&server->org);
}

static void open_site(struct site *site, struct org *org,
                      const struct options *options)
{
    if (options->site != NULL) {
        site_load(site, options->site);
        org_load(org, site, options->site);
    } else {
        site_generate(site, options->generate);
        org_generate(org, site);
    }
}

int main(int argc, char **argv)
{
    pid_t parent = getppid();
    struct options options = {0};
    struct site site;
    struct server server = {.site = &site, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct MHD_Daemon *daemon;
    sigset_t signals;
    int signal_number;

    parse_options(&options, argc, argv);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    open_site(&site, &server.org, &options);
    if (options.dump != NULL) {
        site_dump(&site, options.dump);
        org_dump(&server.org, options.dump);
        org_dump_exports(&server.org, options.dump);
        org_free(&server.org);
        site_free(&site);
        return 0;
    }
    scenario_load(&server.scenario, options.scenario);
    keep_init(&server.keep);
    set_auth(&server, &options);
    set_family(&server, &server.admin_auth,
               or_default(options.admin_as, "bearer"),
               or_default(options.api_key, default_key));
    set_family(&server, &server.hub_auth, or_default(options.hub_as, "cookie"),
               or_default(options.session, default_session));
    server.scoped = options.scoped != NULL;
    oauth_init(&server.oauth, options.oauth_client, options.oauth_refresh,
               options.scopes);
    set_listed(&server);
    open_log(&server, options.requests);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    follow_parent(parent);
    daemon = start(&server, options.port);
    announce(daemon, &options);
    sigwait(&signals, &signal_number);
    atomic_store(&server.stopping, true);
    MHD_stop_daemon(daemon);
    release(&server);
    site_free(&site);
    return 0;
}
