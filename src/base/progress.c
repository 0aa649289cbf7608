#include <config.h>

#include "base/progress.h"
