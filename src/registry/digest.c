#include <config.h>

#include "registry/digest.h"
