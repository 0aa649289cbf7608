#include <config.h>

#include "base/xalloc.h"
