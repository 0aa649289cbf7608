#include <config.h>

#include "registry/platform.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"

static bool is_part_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/* Copies TEXT (NULL is ""), in lower case if wanted. */
static bool copy_part(char part[PLATFORM_PART_MAX + 1], const char *text, bool lower) {
  size_t length = 0;
  for (; text && text[length]; length++) {
    char c = text[length];
    if (length == PLATFORM_PART_MAX || !is_part_char(c))
      return false;
    part[length] = lower && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  part[length] = '\0';
  return true;
}

static void set_part(char part[PLATFORM_PART_MAX + 1], const char *text) {
  memcpy(part, text, strlen(text) + 1);
}

static void normalize_arm(struct platform *platform) {
  char *variant = platform->variant;
  if (*variant == '\0')
    set_part(variant, "v7");
  else if (*variant >= '5' && *variant <= '8' && variant[1] == '\0')
    set_part(variant, (const char[]){'v', *variant, '\0'});
}

static void normalize_architecture(struct platform *platform) {
  static const struct {
    const char *name, *architecture;
    const char *variant; /* NULL: as given */
  } aliases[] = {{"i386", "386", ""},        {"x86_64", "amd64", NULL}, {"x86-64", "amd64", NULL},
                 {"aarch64", "arm64", NULL}, {"armhf", "arm", "v7"},    {"armel", "arm", "v6"}};
  for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
    if (strcmp(platform->architecture, aliases[i].name) == 0) {
      set_part(platform->architecture, aliases[i].architecture);
      if (aliases[i].variant)
        set_part(platform->variant, aliases[i].variant);
      break;
    }

  const char *variant = platform->variant;
  if (strcmp(platform->architecture, "arm") == 0)
    normalize_arm(platform);
  else if ((strcmp(platform->architecture, "amd64") == 0 && strcmp(variant, "v1") == 0) ||
           (strcmp(platform->architecture, "arm64") == 0 &&
            (strcmp(variant, "v8") == 0 || strcmp(variant, "8") == 0)))
    set_part(platform->variant, "");
}

bool platform_normalize(const char *os, const char *architecture, const char *variant,
                        const char *os_version, struct platform *platform) {
  if (!copy_part(platform->os, os, true) ||
      !copy_part(platform->architecture, architecture, true) ||
      !copy_part(platform->variant, variant, true) ||
      !copy_part(platform->os_version, os_version, false)) {
    *platform = (struct platform){.os = ""};
    return false;
  }
  if (strcmp(platform->os, "macos") == 0)
    set_part(platform->os, "darwin");
  normalize_architecture(platform);
  return true;
}

char *platform_format(const char *os, const char *architecture, const char *variant,
                      const char *os_version) {
  struct platform p;
  if (!platform_normalize(os, architecture, variant, os_version, &p) || !*p.os || !*p.architecture)
    return NULL;
  if (strcmp(p.os, "unknown") == 0 && strcmp(p.architecture, "unknown") == 0)
    return NULL;
  bool version = *p.os_version && strcmp(p.os, "windows") == 0;
  return xasprintf("%s%s%s%s/%s%s%s", p.os, version ? "(" : "", version ? p.os_version : "",
                   version ? ")" : "", p.architecture, *p.variant ? "/" : "", p.variant);
}

static char *parse(char *text) {
  char *architecture = strchr(text, '/');
  if (!architecture)
    return NULL;
  *architecture++ = '\0';
  char *variant = strchr(architecture, '/');
  if (variant) {
    *variant++ = '\0';
    if (*variant == '\0')
      return NULL;
  }
  char *version = strchr(text, '(');
  if (version) {
    *version++ = '\0';
    size_t length = strlen(version);
    if (length < 2 || version[length - 1] != ')')
      return NULL;
    version[length - 1] = '\0';
    struct platform p;
    if (!platform_normalize(text, architecture, variant, version, &p) ||
        strcmp(p.os, "windows") != 0)
      return NULL;
  }
  return platform_format(text, architecture, variant, version);
}

char *platform_parse(const char *text, struct error **err) {
  cleanup(cleanup_free) char *copy = xstrdup(text);
  char *platform = parse(copy);
  if (!platform) {
    cleanup(cleanup_free) char *shown = text_sanitized(text);
    error_set(err, STATUS_LOCAL,
              "not a platform: %.100s (write OS/ARCHITECTURE[/VARIANT], such as linux/arm64)",
              shown);
  }
  return platform;
}

/* The version in PLATFORM's parentheses, *length bytes; "" and 0 when it has none. *rest is what
   follows the OS and its version. */
static const char *version_of(const char *platform, size_t *length, const char **rest) {
  *rest = platform + strcspn(platform, "(/");
  *length = 0;
  if (**rest != '(')
    return "";
  const char *version = *rest + 1;
  *length = strcspn(version, ")");
  *rest = version + *length + (version[*length] == ')');
  return version;
}

bool platform_matches(const char *wanted, const char *platform) {
  if (strcmp(wanted, platform) == 0)
    return true;
  static const char windows[] = "windows";
  size_t os = sizeof(windows) - 1;
  if (strncmp(wanted, windows, os) != 0 || strncmp(platform, windows, os) != 0 ||
      !strchr("(/", wanted[os]) || !strchr("(/", platform[os]))
    return false;
  size_t wanted_length, length;
  const char *wanted_rest, *rest;
  const char *wanted_version = version_of(wanted, &wanted_length, &wanted_rest);
  const char *version = version_of(platform, &length, &rest);
  if (strcmp(wanted_rest, rest) != 0)
    return false;
  return wanted_length == 0 ||
         (length > wanted_length && memcmp(version, wanted_version, wanted_length) == 0 &&
          version[wanted_length] == '.');
}

bool platform_is_wanted(const char *const *wanted, const char *platform) {
  if (!wanted || !platform)
    return true;
  for (; *wanted; wanted++)
    if (platform_matches(*wanted, platform))
      return true;
  return false;
}
