#include <config.h>

#include "registry/reference.h"
