#!/bin/sh
# How many requests a registry that asks for tokens, or passwords, is sent: one is refused, and from
# what it is told the others know what to show. What is shown unasked is in nobody's way.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs python3
mkfifo "$tmp/port"
cd "$tmp" || bail cd
"$top_srcdir/tests/e2e/token-stub" "$tmp/log" >port &
defer "kill $!; wait $! 2>/dev/null"
read -r host <port || bail 'the stub does not start'

# resolve [OPTION]... <NAMES: $rows is how many there are of each status, $asked how many answers.
resolve() {
  sed "s|^|$host/|" >input
  : >log
  run resolve-digest --max-retries=0 --no-configs "$@" input
  rows=$(awk -F '\t' 'NR > 1 { print $6 }' "$out" | sort | uniq -c | awk '{ print $2 ":" $1 }' | paste -s -d ' ')
  asked=$(sort log | uniq -c | awk '{ print $2, $3 ":" $1 }' | paste -s -d ,)
}
# names HOW REPOSITORIES TAGS
names() {
  seq "$2" | while read -r n; do seq "$3" | sed "s|^|$1/$n:|"; done
}

for jobs in 1 64; do
  names all 20 5 >list
  resolve --jobs=$jobs <list
  is "$rows; $asked" 'ok:100; manifest 200:100,manifest 401:1,token 200:20' \
    "--jobs=$jobs: one is refused, a token for each repository, a request for each tag"
  names public 20 5 >list
  resolve --jobs=$jobs <list
  is "$rows; $asked" 'ok:100; manifest 200:100' "--jobs=$jobs: who asks for nothing gets no more"

  { echo all/1:1; names closed 1 1; } >list
  resolve --jobs=$jobs <list
  is "$rows; $asked" 'denied:1 ok:1; manifest 200:1,manifest 401:2,token 200:1,token 403:1' \
    "--jobs=$jobs: a token that is not given is asked for once"
  { echo all/1:1; names denied 1 1; } >list
  resolve --jobs=$jobs <list
  is "$rows; $asked" 'denied:1 ok:1; manifest 200:1,manifest 401:3,token 200:2' \
    "--jobs=$jobs: one that is of no use, too"
  { echo all/1:1; names wide 3 2; } >list
  resolve --jobs=$jobs <list
  is "$rows" 'ok:7' "--jobs=$jobs: a scope that is another one is learnt"
  for how in free bare; do
    { echo all/1:1; names $how 3 4; names all 3 1; } >list
    resolve --jobs=$jobs <list
    is "$rows" 'ok:16' "--jobs=$jobs: what is read without a token is, though none is given ($how)"
  done

  echo "{\"auths\": {\"$host\": {\"username\": \"me\", \"password\": \"open sesame\"}}}" >config.json
  names basic 20 5 >list
  DOCKER_CONFIG=$tmp resolve --jobs=$jobs <list
  is "$rows; $asked" 'ok:100; manifest 200:100,manifest 401:1' "--jobs=$jobs: a password is asked for once"
  { names basic 2 2; names bare 3 2; names free 1 3; } >list
  DOCKER_CONFIG=$tmp resolve --jobs=$jobs <list
  is "$rows" 'ok:13' "--jobs=$jobs: and is in nobody's way"
  echo "{\"auths\": {\"$host\": {\"username\": \"me\", \"password\": \"wrong-password\"}}}" >config.json
  { names basic 1 3; } >list
  DOCKER_CONFIG=$tmp resolve --jobs=$jobs <list
  like "$rows" '^unauthorized:3$' "--jobs=$jobs: a wrong one is one row each"
  is "$(awk -F '\t' 'NR > 1 { print $18 }' "$out" | sort -u)" \
    "http://$host does not accept the user name and password from $tmp/config.json" 'that says so'
done
rm config.json
