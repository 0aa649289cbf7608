/* Profiles: what the shared config file and the shared credentials file say under a name, together
   (AWS SDKs and Tools Reference Guide, "Shared config and credentials files"). Owns where the files
   are (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE), how sections are named in each, which file
   wins, and which profile is meant (AWS_PROFILE). What the keys mean is the providers' business. In
   the config file `[profile NAME]`, with quotes when NAME has blanks, and `[default]` or
   `[profile default]`; in the credentials file `[NAME]` as it is. Where two sections of a file name
   one profile, the later is it. Keys of a section `[DEFAULT]` count in every section of its file.
   All this as the AWS CLI has it. */
#ifndef OCIDUP_AWS_PROFILE_H
#define OCIDUP_AWS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/context.h"
#include "base/error.h"

struct aws_profiles;

/* Reads both files; one that does not exist is empty, and so is one in the usual place that this
   user may not read (the home folder of another user, in a container), with a note. NULL with *err
   (STATUS_LOCAL) naming file and line for one that cannot be read. CONTEXT is borrowed for the
   call. */
struct aws_profiles *aws_profiles_read(const struct aws_context *context, struct error **err);

/* The files' paths, for messages; NULL when there is no home folder to have them. */
const char *aws_profiles_config_path(const struct aws_profiles *profiles);
const char *aws_profiles_credentials_path(const struct aws_profiles *profiles);

/* The same as text that is always there. */
const char *aws_profiles_config_name(const struct aws_profiles *profiles);
const char *aws_profiles_credentials_name(const struct aws_profiles *profiles);

/* True when the config file has a section [NAME], which is no profile there: "profile " is missing.
 */
bool aws_profiles_lacks_prefix(const struct aws_profiles *profiles, const char *name);

/* The profile that is meant when none is named: AWS_DEFAULT_PROFILE, AWS_PROFILE (in this order, as
   the AWS CLI has it), else "default". Borrowed. */
const char *aws_profiles_default(const struct aws_context *context);

/* Whether either file has PROFILE. */
bool aws_profiles_has(const struct aws_profiles *profiles, const char *profile);

/* The value of KEY in PROFILE; the credentials file wins over the config file. NULL: none, or
   empty. Borrowed. */
const char *aws_profiles_get(const struct aws_profiles *profiles, const char *profile,
                             const char *key);

/* The same of one file only. */
const char *aws_profiles_get_config(const struct aws_profiles *profiles, const char *profile,
                                    const char *key);
const char *aws_profiles_get_credentials(const struct aws_profiles *profiles, const char *profile,
                                         const char *key);

/* KEY of [sso-session NAME] in the config file. */
const char *aws_profiles_sso_session(const struct aws_profiles *profiles, const char *name,
                                     const char *key);

/* `endpoint_url` below SERVICE ("ecr", "sts", "sso", "sso_oidc") of the [services NAME] that
   PROFILE names; NULL without *err: none, or empty. NULL with *err (STATUS_LOCAL) when there is no
   section of that name. Borrowed. */
const char *aws_profiles_service_endpoint(const struct aws_profiles *profiles, const char *profile,
                                          const char *service, struct error **err);

/* Names of all profiles, for "did you mean"; NULL behind the last. Borrowed. */
const char *aws_profiles_name(const struct aws_profiles *profiles, size_t i);

/* Wipes. NULL is allowed. */
void aws_profiles_free(struct aws_profiles *profiles);

#endif
