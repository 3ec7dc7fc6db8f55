/*
 * job_read: the parts of the job reader, private to job*.c.
 *
 * Each reads one section into the struct job given as `out`, reporting
 * mistakes by spec_problem().
 */
#ifndef ROLLCALL_JOB_READ_H
#define ROLLCALL_JOB_READ_H

#include "job.h"
#include "spec.h"

/* job_endpoint.c: "endpoints", then "limits.rate", which refers to them. */
void job_read_endpoints(struct spec *spec, const struct spec_node *node,
                        void *out);
void job_read_rate(struct spec *spec, const struct spec_node *node, void *out);

/* job_auth.c: "auth" of the struct endpoint given as `out`; and an address
 * without user or query, whose trailing '/' is cut, into a const char *. */
void job_read_auth(struct spec *spec, const struct spec_node *node, void *out);
void job_read_url(struct spec *spec, const struct spec_node *node, void *out);

/* job_files.c: "files". */
void job_read_files(struct spec *spec, const struct spec_node *node, void *out);

/* job_output.c: "output". */
void job_read_output(struct spec *spec, const struct spec_node *node,
                     void *out);

/* job_deliver.c: "deliver"; job_target.c: its tables. */
void job_read_deliver(struct spec *spec, const struct spec_node *node,
                      void *out);

/* job_sites.c: "sites", after all else. spec->owner is the name of the site
 * whose job is wanted, or NULL; with it *out becomes that site's job. */
void job_read_sites(struct spec *spec, const struct spec_node *node,
                    void *out);
/* Whether a site of the file has an endpoint of that name. */
bool job_site_has_endpoint(const struct spec *spec, const char *name);

/* job.c: what job and site have in common. */
extern const struct spec_field job_event_fields[], job_key_fields[],
    job_limit_fields[], job_guard_fields[], job_action_fields[];
void job_read_mappings(struct spec *spec, const struct spec_node *node,
                       void *out);
/* What can be told only once all of it is read; node: the job or the site. */
void job_finish(struct spec *spec, const struct spec_node *node,
                struct job *job);

/* Tables that a manual is made from; see job_describe(). */
extern const struct spec_field job_fields[];
extern const struct spec_field job_endpoint_fields[];
extern const struct spec_field job_output_fields[];
extern const struct spec_field job_site_fields[];
extern const struct spec_field *const job_auth_tables[];   /* NULL ends them */
extern const struct spec_field *const job_target_tables[]; /* NULL ends them */

#endif
