#include <config.h>

#include "registry/platform.h"
