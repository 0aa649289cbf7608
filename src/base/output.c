#include <config.h>

#include "base/output.h"
