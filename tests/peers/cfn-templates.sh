#!/bin/sh
# The templates of infra/: cfn-lint has nothing to say, the policies allow what they must and nothing
# else, and moto makes what it can of them.
exec "${builddir:-$PWD}/peers/python/bin/python" "${srcdir:-.}/tests/peers/cfn-templates.py" \
  "${srcdir:-.}" "${builddir:-$PWD}/peers/python/bin/cfn-lint"
