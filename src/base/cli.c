#include <config.h>

#include "base/cli.h"
