#include <config.h>

#include "report/report.h"
