#include <config.h>

#include "aws/region.h"
