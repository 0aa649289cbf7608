#!/bin/sh
# A credential for one origin never reaches another: over redirects, realms, mirrors, the next pages
# of lists, and the URLs of ECR's blobs. Another port is another origin.
exec /usr/bin/env python3 "${srcdir:-.}/tests/e2e/origins.py"
