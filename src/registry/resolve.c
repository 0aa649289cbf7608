#include <config.h>

#include "registry/resolve.h"
