# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# --reuse: what a second run costs, in calls, time and memory.

many=$(scaled 1000000 1000)
repositories=$(scaled 1000 10)
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION

# What was asked of OPERATION; COLUMN 2: calls, 4: the images they were about.
counted() { curl -s "$ecr/counts" | awk -v name="$1" -v column="$2" '$1 == name { print $column }'; }

serve_ecr --repositories="$repositories" --images=$((many / repositories))
list-ecr -q --no-configs --endpoint-url="$ecr" -o "$work/old.tsv"
before=$(counted BatchGetImage 2)
what="$(commas "$many") rows"
alone "$pairs" "resolve-digest -q --no-configs --reuse=$work/old.tsv /dev/null"
row "$what, read" s - 'ours<=2'
row "$what, read" MiB - 'ours<=200'
alone "$pairs" "list-ecr -q --no-configs --endpoint-url=$ecr --reuse=$work/old.tsv -o $work/new.tsv"
did 'list-ecr --reuse' "$(cmp "$work/old.tsv" "$work/new.tsv" && echo same)" same
row "$what, read, and all listed again" s - - "in $(commas "$repositories") repositories, no latency"
row "$what, read, and all listed again" MiB - 'ours<=200'
value "$what, nothing new" 'BatchGetImage' "$(($(counted BatchGetImage 2) - before))" - - 'ours<=0'
stop_servers

# One image in a hundred is new: the server with fewer images has the same ones.
repositories=$(scaled 100 2)
serve_ecr --repositories="$repositories" --images=990
list-ecr -q --no-configs --endpoint-url="$ecr" -o "$work/old.tsv"
stop_servers
serve_ecr --repositories="$repositories" --images=1000
alone 1 "list-ecr -q --no-configs --endpoint-url=$ecr --reuse=$work/old.tsv"
did 'list-ecr, 1 % new' "$(awk -F '\t' '$6 == "ok"' "$work/ours.out" | wc -l | tr -d ' ')" "$((repositories * 1000))"
value "$(commas $((repositories * 1000))) images, 1 % of them new" 'manifests read' "$(counted BatchGetImage 4)" \
  "$((repositories * 10))" 'those that are new' 'ratio<=1'
stop_servers
