#include <config.h>

#include "aws/ecr.h"
