#include <config.h>

#include "aws/credentials.h"
