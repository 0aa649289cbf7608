#include <config.h>

#include "registry/image-config.h"
