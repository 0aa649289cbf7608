#include <config.h>

#include "registry/challenge.h"
