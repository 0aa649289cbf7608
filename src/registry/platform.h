/* Platforms as `os/arch[/variant]`, OCI image spec, "Image Index", normalised as containerd does
   (its platforms package): arm64/v8 is arm64, arm is arm/v7, amd64/v1 is amd64, x86_64 is amd64,
   aarch64 is arm64, i386 is 386, armhf is arm/v7, armel is arm/v6, macos is darwin. Windows carries
   its os.version: `windows(10.0.20348.1)/amd64`. */
#ifndef OCIDUP_REGISTRY_PLATFORM_H
#define OCIDUP_REGISTRY_PLATFORM_H

#include <stdbool.h>

#include "base/error.h"

/* Characters of one part of a platform. */
#define PLATFORM_PART_MAX 64

/* The normalised parts; "" where there is none. */
struct platform {
  char os[PLATFORM_PART_MAX + 1];
  char architecture[PLATFORM_PART_MAX + 1];
  char variant[PLATFORM_PART_MAX + 1];
  char os_version[PLATFORM_PART_MAX + 1]; /* as given, whatever the OS */
};

/* Normalises; any of the four may be NULL. False, with *platform empty, when one is longer than
   PLATFORM_PART_MAX or has other characters than letters, digits, '.', '_' and '-': in a record a
   comma or a parenthesis would read as something else. */
bool platform_normalize(const char *os, const char *architecture, const char *variant,
                        const char *os_version, struct platform *platform);

/* The normalised form; caller frees. NULL when OS or ARCHITECTURE is missing (NULL or ""), both are
   "unknown", or platform_normalize() refuses. VARIANT and OS_VERSION may be NULL; OS_VERSION stands
   only for Windows. */
char *platform_format(const char *os, const char *architecture, const char *variant,
                      const char *os_version);

/* The normalised form of what a user typed for --platform ("linux/arm64/v8", "windows/amd64",
   "windows(10.0.20348.1)/amd64"). NULL with *err (STATUS_LOCAL) when it is none; caller frees. */
char *platform_parse(const char *text, struct error **err);

/* True when PLATFORM (normalised) is meant by WANTED (normalised): equal, or the same Windows
   platform with WANTED naming no version, or a version of which PLATFORM's is a build
   (10.0.20348 means 10.0.20348.1). */
bool platform_matches(const char *wanted, const char *platform);

/* True when some item of WANTED (ends with NULL) means PLATFORM. Nothing is left out when WANTED is
   NULL, nor when PLATFORM is NULL, not known. */
bool platform_is_wanted(const char *const *wanted, const char *platform);

#endif
