#include <config.h>

#include "base/record.h"
