# Whether two runs agree, from their results: for each row that both have, whether the ranges of the
# ratios meet; of a row with one run only, whether the values are within a tenth of each other.

BEGIN { FS = "\t" }
FNR == 1 { files++; next }
{ key = $3 ": " $4 ", " $5 ($9 == "-" ? "" : ", beside " $9) }
files == 1 {
  value[key] = $6
  ratio[key] = $13
  low[key] = $14
  high[key] = $15
  next
}
!(key in value) { next }
$14 != "-" && low[key] != "-" {
  ranges++
  if ($14 > high[key] + 0 || $15 < low[key] + 0) apart(ratio[key] " (" low[key] ".." high[key] ")", $13 " (" $14 ".." $15 ")")
  next
}
$6 != "-" && value[key] != "-" {
  values++
  most = $6 > value[key] + 0 ? $6 : value[key]
  least = $6 > value[key] + 0 ? value[key] : $6
  if (most - least > 0.1 * most) apart(value[key], $6)
}

function apart(one, other) {
  differ++
  print "apart: " key ": " one " and " other
}

END {
  printf "%d rows in both: %d ranges of ratios, %d single values; %d apart\n", ranges + values, ranges, values, differ
}
