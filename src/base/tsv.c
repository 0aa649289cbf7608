#include <config.h>

#include "base/tsv.h"
