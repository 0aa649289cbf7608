#include <config.h>

#include "base/strbuf.h"
