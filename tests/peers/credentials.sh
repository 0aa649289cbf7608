#!/bin/sh
# botocore, the AWS CLI's own library, finds the keys that we find: in every case of the tables in
# tests/unit/credentials, which tests/unit/check-chain holds us against with a world of its own. Here
# the same cases are real: files, variables, a program that is run, a server on loopback.
exec "${builddir:-$PWD}/peers/python/bin/python" "${srcdir:-.}/tests/peers/credentials.py" \
  "${srcdir:-.}/tests/unit/credentials" "${builddir:-$PWD}/tests/peers/print-credentials"
