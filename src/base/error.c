#include <config.h>

#include "base/error.h"
