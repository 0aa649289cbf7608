# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# match-report: a join on five keys at once, beside programs that join on one, and databases.

rows=$(scaled 2000000 2000)
some=$(scaled 200000 1000)
sources=$(scaled 10000 20)

# ---- what is joined: FILE's names are sources-N, inventory-N, and settled-N where configs were read

sources_file() { data "sources-$1.tsv" bench-data sources "$1" 1; }
sources_file "$sources"
from=$file
data "inventory-$some.tsv" bench-data inventory "$some" "$sources" 1 0
small=$file
data "inventory-$rows.tsv" bench-data inventory "$rows" "$sources" 1 0
large=$file

# How many rows of a side's report, as TSV, are of an inventory image.
matches() { awk -F '\t' 'NR > 1 && $3 != "-"' "$work/$1.out" | wc -l | tr -d ' '; }
lines() { wc -l <"$work/$1.out" | tr -d ' '; }
# How many matches an inventory of ROWS rows has, on all keys; and on that of the manifest alone.
all_of() { bench-data matches "$1" "$sources" "$2" | awk '{ n += $2 } END { print n }'; }
one_of() {
  bench-data matches "$1" "$sources" "$2" | awk '/^(index|manifest)/ { n += $2 } END { print n }'
}

ours() { echo "match-report -q --tsv $from $1"; }
# What joins on the digest of the manifest alone: column 4.
mawk_join() {
  # shellcheck disable=SC2016 # awk's
  echo "mawk -F '\\t' 'NR == FNR { of[\$4] = \$1; next } \$4 in of { print of[\$4] \"\\t\" \$1 }' $from $1"
}
sized() { echo "$(commas "$2") rows of $(($(bytes "$1") / $2)) bytes"; }

versus_mawk() { # FILE ROWS CONFIGS WHAT
  peer mawk || return 0
  versus "$(ours "$1")" "$(mawk_join "$1")"
  did match-report "$(matches ours)" "$(all_of "$2" "$3")"
  did mawk "$(lines peer)" "$(($(one_of "$2" "$3") + 1))"
  row "$4" s 'mawk, hash join on one key' 'ratio<=0.5'
}

versus_wc() { # FILE WHAT
  cat "$1" >/dev/null
  versus "$(ours "$1")" "wc -l $1"
  row "$2" s 'wc -l' 'ratio<=3'
}

# SQL for both databases: from table s and the candidates c, each pair with its strongest evidence.
evidence_sql="SELECT DISTINCT s.image, CASE
    WHEN s.digest = c.digest AND s.digest <> s.manifest_digest THEN 'index'
    WHEN s.manifest_digest = c.manifest_digest THEN 'manifest'
    WHEN s.config_digest = c.config_digest THEN 'config'
    WHEN s.layers = c.layers AND s.settings = c.settings THEN 'layers'
    WHEN s.diff_ids = c.diff_ids AND s.settings = c.settings THEN 'diff_ids'
    ELSE 'layers?' END, c.image"
pairs_sql() { # FROM: the two tables
  for key in digest manifest_digest config_digest layers diff_ids; do
    [ "$key" = digest ] || echo UNION
    case $key in
      layers) rest=" AND coalesce(s.settings = c.settings, true)" ;;
      diff_ids) rest=" AND s.settings = c.settings" ;;
      *) rest= ;;
    esac
    echo "$evidence_sql FROM $1 WHERE s.$key = c.$key$rest"
  done
}
columns='image digest platform manifest_digest config_digest status size pushed created media_type
  platforms origin ref settings layers diff_ids layer_sizes detail'
needed='image, digest, manifest_digest, config_digest, settings, layers, diff_ids'
# One pass over the inventory; what has any key in common is a candidate.
candidates_sql="SELECT $needed FROM inventory WHERE digest IN (SELECT digest FROM s)
  OR manifest_digest IN (SELECT manifest_digest FROM s) OR config_digest IN (SELECT config_digest FROM s)
  OR layers IN (SELECT layers FROM s) OR diff_ids IN (SELECT diff_ids FROM s)"

versus_duckdb() {
  peer duckdb || return 0
  read_csv() {
    echo "read_csv('$1', delim = '\\t', quote = '', escape = '', header = true, nullstr = '-',"
    echo "auto_detect = false, columns = {$(for each in $columns; do printf "'%s': 'VARCHAR'," "$each"; done)})"
  }
  {
    echo "CREATE TABLE s AS SELECT $needed FROM $(read_csv "$from");"
    echo "CREATE VIEW inventory AS SELECT $needed FROM $(read_csv "$large");"
    echo "CREATE TABLE c AS $candidates_sql;"
    echo "COPY ($(pairs_sql 's, c')) TO '/dev/stdout' (DELIMITER '\\t', HEADER);"
  } >"$work/duckdb.sql"
  versus "$(ours "$large")" "duckdb <$work/duckdb.sql"
  did DuckDB "$(lines peer)" "$(($(all_of "$rows" 0) + 1))"
  row "$what" s "DuckDB $(duckdb --version | cut -d ' ' -f 1), five keys" 'ratio<=1'
}

versus_sqlite() {
  peer sqlite3 || return 0
  name="SQLite $(sqlite3 --version | cut -d ' ' -f 1)"
  table() {
    echo "CREATE TABLE $1($(echo "$columns" | tr -s ' \n' ',,' | sed 's/,$//'));"
    echo '.mode ascii'
    printf '.separator "\\t" "\\n"\n'
    echo ".import --skip 1 $2 $1"
    printf '.mode list\n.separator "\\t"\n'
  }
  nulls() { for key in settings diff_ids; do echo "UPDATE $1 SET $key = NULL WHERE $key = '-';"; done; }
  {
    table s "$from"
    for key in digest manifest_digest config_digest layers diff_ids; do echo "CREATE INDEX s_$key ON s($key);"; done
    table inventory "$small"
    echo "CREATE TABLE c AS $candidates_sql;"
    nulls c
    for key in digest manifest_digest config_digest layers diff_ids; do echo "CREATE INDEX c_$key ON c($key);"; done
    echo "$(pairs_sql 's, c');"
  } >"$work/sqlite.sql"
  versus "$(ours "$small")" "sqlite3 :memory: <$work/sqlite.sql"
  did SQLite "$(lines peer)" "$(all_of "$some" 0)"
  row "$less" s "$name, import and join on five keys" 'ratio<=1'

  {
    table s "$from"
    table c "$small"
    nulls c
    for key in digest manifest_digest config_digest layers diff_ids; do echo "CREATE INDEX c_$key ON c($key);"; done
    echo 'ANALYZE;'
  } | sqlite3 "$work/sqlite.db"
  pairs_sql 's, c' >"$work/sqlite.sql"
  versus "$(ours "$small")" "sqlite3 $work/sqlite.db <$work/sqlite.sql"
  did 'SQLite, imported' "$(lines peer)" "$(all_of "$some" 0)"
  row "$less" s "$name, imported and indexed before, join only" - 'ours reads the file'
}

what="$(sized "$large" "$rows"), $(commas "$sources") sources"
less="$(sized "$small" "$some")"
cat "$large" >/dev/null
versus_mawk "$large" "$rows" 0 "$what"
versus_wc "$large" "$what"
versus_duckdb

versus "cat $large | match-report -q --tsv $from -" "cat $large | cat >/dev/null"
did match-report "$(matches ours)" "$(all_of "$rows" 0)"
row "$what, from a pipe" s 'cat to cat' 'ratio<=1.1'

if peer mlr; then
  versus "$(ours "$small")" "mlr --tsv join -j manifest_digest --lp s_ -f $from then cut -o -f image,manifest_digest $small"
  did Miller "$(lines peer)" "$(($(one_of "$some" 0) + 1))"
  row "$less" s "Miller $(mlr --version | sed 's/[^0-9]*//'), join on one key" 'ratio<=1'
fi
keys() { printf "cut -f 1,4 %s | LC_ALL=C sort -t '\t' -k 2,2" "$1"; }
versus "$(ours "$small")" "$(keys "$from") >$work/keys && $(keys "$small") | LC_ALL=C join -t '	' -1 2 -2 2 $work/keys -"
did 'sort and join' "$(lines peer)" "$(($(one_of "$some" 0) + 1))"
row "$less" s 'sort and join on one key' 'ratio<=1'
versus_sqlite

# ---- longer rows

data "settled-$rows.tsv" bench-data inventory "$rows" "$sources" 1 1
cat "$file" >/dev/null
versus_mawk "$file" "$rows" 1 "$(sized "$file" "$rows"), configs read"
versus_wc "$file" "$(sized "$file" "$rows"), configs read"

ten=$(scaled 500000 500)
data "sources-$sources-10.tsv" bench-data sources "$sources" 10
from_ten=$file
data "settled-$ten-10.tsv" bench-data inventory "$ten" "$sources" 10 1
cat "$file" >/dev/null
versus "match-report -q --tsv $from_ten $file" "$(ours "$large")"
did 'match-report, ten layers' "$(matches ours)" "$(all_of "$ten" 1)"
ours_per=$(calculate "$(bytes "$file") / 1e9") peer_per=$(calculate "$(bytes "$large") / 1e9")
row "a gigabyte of rows of ten layers, $(($(bytes "$file") / ten)) bytes" s "ours, one layer, $(($(bytes "$large") / rows)) bytes" 'ratio<=1'
unset ours_per peer_per

# ---- memory

most=$((rows * 5))
alone 1 "bench-data inventory $most $sources 1 0 | match-report -q --tsv $from -"
did match-report "$(matches ours)" "$(all_of "$most" 0)"
row "$(commas "$most") rows from a pipe" MiB - \
  "ours<=$(calculate "64 + $(all_of "$most" 0) * 200 / 1048576")" "64 MiB and 200 bytes for each of $(commas "$(all_of "$most" 0)") matches"

many=$(scaled 1000000 1000)
sources_file "$many"
alone 1 "match-report -q --tsv $file $large"
value "bytes of memory a source beside the file, $(commas "$many") sources" B \
  "$(awk -v file="$(bytes "$file")" -v n="$many" 'END { print ($4 * 1024 - file) / n }' "$work/ours.cost")" - - 'ours<=300'

# ---- duplicates inside the inventory

if peer mawk; then
  # shellcheck disable=SC2016 # awk's
  versus "match-report -q --within --tsv $small" "mawk -F '\\t' 'NR > 1 && seen[\$4]++' $small"
  row "--within, $(commas "$some") rows" s 'mawk, repeats of one key' -
fi
alone 1 "match-report -q --within --tsv $large"
row "--within, $(commas "$rows") rows" s - -
row "--within, $(commas "$rows") rows" MiB - -

# ---- how it grows

of_rows() {
  data "inventory-$1.tsv" bench-data inventory "$1" "$sources" 1 0
  command=$(ours "$file")
}
series 'rows' of_rows "$((rows / 100))" "$((rows / 10))" "$rows"
of_sources() {
  sources_file "$1"
  command="match-report -q --tsv $file $small"
}
series "sources, $(commas "$some") rows" of_sources "$((many / 100))" "$((many / 10))" "$many"

if peer valgrind; then
  few=$(scaled 20000 1000)
  instructions_of of_rows "$few" "$((few * 2))"
  ours_each=$each
  mawk_of_rows() {
    of_rows "$1"
    command=$(mawk_join "$file")
  }
  instructions_of mawk_of_rows "$few" "$((few * 2))"
  value 'a row' instructions "$ours_each" "$each" 'mawk, hash join on one key' 'ratio<=0.5'
fi
