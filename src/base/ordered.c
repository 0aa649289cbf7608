#include <config.h>

#include "base/ordered.h"
