#include <config.h>

#include "registry/listing.h"
