#include <config.h>

#include "registry/manifest.h"
