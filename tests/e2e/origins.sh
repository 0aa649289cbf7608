#!/bin/sh
# A credential for one origin never reaches another: over redirects, realms, mirrors, the next pages
# of lists, and the URLs of ECR's blobs. Another port is another origin.
command -v python3 >/dev/null || {
  echo '1..0 # SKIP not installed: python3'
  exit 0
}
exec /usr/bin/env python3 "${srcdir:-.}/tests/e2e/origins.py"
