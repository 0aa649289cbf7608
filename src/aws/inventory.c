#include <config.h>

#include "aws/inventory.h"
