#include <config.h>

#include "base/hashmap.h"
