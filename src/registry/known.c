#include <config.h>

#include "registry/known.h"
