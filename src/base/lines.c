#include <config.h>

#include "base/lines.h"
