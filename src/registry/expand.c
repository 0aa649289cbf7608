#include <config.h>

#include "registry/expand.h"
