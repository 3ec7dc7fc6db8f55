#include "cli_table.h"

static const char *const exit_codes =
    "Exit codes: 0 published, or published already; 64 usage; 65 data not\n"
    "trustworthy, nothing published; 66 input file missing; 69 source or\n"
    "target unavailable; 70 bug; 73 cannot create output; 74 cannot write; 75 "
    "try\n"
    "later; 77 authentication or permission; 78 job or mapping wrong; 129,\n"
    "130, 143 ended by SIGHUP, SIGINT, SIGTERM.\n";

static void help_options(enum cli_verb verb, FILE *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        char left[48], letter[5] = "    ";

        if (verb != VERB_NONE && (cli_options[i].verbs & BIT(verb)) == 0)
            continue;
        if (cli_options[i].letter != 0)
            snprintf(letter, sizeof(letter), "-%c, ", cli_options[i].letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, cli_options[i].name,
                 cli_options[i].argument != NULL ? " " : "",
                 cli_options[i].argument != NULL ? cli_options[i].argument
                                                 : "");
        fprintf(out, "  %-30s %s\n", left, cli_options[i].help);
    }
}

void cli_help(enum cli_verb verb, FILE *out)
{
    if (verb != VERB_NONE) {
        fprintf(out, "rollcall %s %s%s[OPTIONS]\n  %s\n\nOptions:\n",
                cli_verbs[verb].name, cli_verbs[verb].operands,
                *cli_verbs[verb].operands != '\0' ? " " : "",
                cli_verbs[verb].summary);
        help_options(verb, out);
        return;
    }
    fputs("rollcall: inactive Atlassian users and who changed them last, as "
          "files you can trust\n\nUsage: rollcall COMMAND [OPTIONS]\n\n"
          "Commands:\n",
          out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        fprintf(out, "  %-10s %-13s %s\n", cli_verbs[i].name,
                cli_verbs[i].operands, cli_verbs[i].summary);
    fputs("\nOptions (--as-of can be the environment variable ROLLCALL_AS_OF, "
          "and "
          "so each\nbut --accept-guard, --accounts, --myself, --apply and "
          "--yes):\n",
          out);
    help_options(VERB_NONE, out);
    fprintf(out, "\n%s", exit_codes);
}
