#include <config.h>

#include "report/match.h"
