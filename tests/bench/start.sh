# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# What it costs to start a program, and one reference as a whole process.

times=$pairs
pairs=$((pairs * 4)) # they are short, so more of them

for program in match-report list-ecr list-registry resolve-digest; do
  alone "$pairs" "$program --help"
  row "$program --help" s - 'ours<=0.01'
done
if peer nginx; then
  make_registry
  serve_files
  echo "$host/bench/many:t00001" >"$work/one.txt"
  alone "$pairs" "resolve-digest -q --no-configs $work/one.txt"
  row 'one reference, from nginx' s - 'ours<=0.03'
  stop_servers
fi
if peer docker-registry; then
  make_registry
  serve_registry
  echo "$host/bench/many:t00001" >"$work/one.txt"
  if peer crane; then
    versus "resolve-digest -q $work/one.txt" "crane digest $host/bench/many:t00001"
    row 'one reference, from docker-registry, config and all' s 'crane digest' 'ours<=0.03'
  else
    alone "$pairs" "resolve-digest -q $work/one.txt"
    row 'one reference, from docker-registry, config and all' s - 'ours<=0.03'
  fi
  if peer valgrind; then
    value 'one reference' instructions "$(instructions "resolve-digest -q $work/one.txt")" - - -
    value 'resolve-digest --help' instructions "$(instructions 'resolve-digest --help')" - - -
  fi
  stop_servers
fi
pairs=$times
