#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http_stage.h"
/* The Makefile links one file per test. */
#include "http_stage.c"

static void tls_to_a_plain_port_is_transient(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY, .end = SCRIPT_CLOSE, .unasked = true}};
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(1);
    char url[URL_SIZE];
    struct seen seen;

    (void)state;
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server->port);
    get(http, url, &seen);
    assert_failed(seen, "TLS handshake failed", true);
    http_free(http);
    server_free(server);
}

static char tls_folder[] = "/tmp/rollcall-tls-XXXXXX";

/* openssl s_server with a certificate of its own; the port, or 0. */
static int tls_start(pid_t *pid)
{
    char command[1024], line[256] = "";
    int ends[2], port = 0;
    FILE *out;

    assert_non_null(mkdtemp(tls_folder));
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key -out %s/cert "
             ">/dev/null 2>&1",
             tls_folder, tls_folder);
    if (system(command) != 0)
        return 0;
    snprintf(command, sizeof(command),
             "exec openssl s_server -accept 127.0.0.1:0 -key %s/key -cert "
             "%s/cert -www 2>/dev/null",
             tls_folder, tls_folder);
    assert_int_equal(pipe(ends), 0);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    out = fdopen(ends[0], "r");
    while (port == 0 && fgets(line, sizeof(line), out) != NULL)
        sscanf(line, "ACCEPT 127.0.0.1:%d", &port);
    fclose(out);
    return port;
}

static void certificates_are_checked(void **state)
{
    char url[URL_SIZE], file[URL_SIZE], missing[URL_SIZE];
    struct http_request request = {.method = "GET", .url = url};
    struct http *http;
    struct seen seen;
    pid_t pid = 0;
    int port = tls_start(&pid);

    (void)state;
    if (port == 0)
        skip(); /* no openssl command */
    http = client(1);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
    snprintf(file, sizeof(file), "%s/cert", tls_folder);
    snprintf(missing, sizeof(missing), "%s/missing", tls_folder);
    get(http, url, &seen);
    assert_failed(seen, "certificate not accepted", false);
    assert_int_equal(seen.reply.failure, HTTP_FAILED_CERTIFICATE);
    request.ca_file = file;
    start(http, &request, &seen);
    wait_all(http);
    assert_true(seen.reply.answered);
    assert_int_equal(seen.reply.status, 200);
    snprintf(url, sizeof(url), "https://localhost:%d/",
             port); /* not its name */
    start(http, &request, &seen);
    wait_all(http);
    assert_failed(seen, "certificate not accepted", false);
    request.ca_file = missing;
    start(http, &request, &seen);
    wait_all(http);
    assert_failed(seen, "ca_file not readable", false);
    http_free(http);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    snprintf(file, sizeof(file), "rm -rf %s", tls_folder);
    assert_int_equal(system(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_to_a_plain_port_is_transient),
        cmocka_unit_test(certificates_are_checked),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
