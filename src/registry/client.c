#include <config.h>

#include "registry/client.h"
