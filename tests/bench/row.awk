# One row of the results, from lines of what a pair of runs cost: seconds by the clock, of user and of
# system time, and KiB; ours, then the peer's. Or, with given=1, of a value of ours and the peer's.
# With growth=N, the peer is ours with an Nth of the work: the note tells how cost grows.
# Prints medians; the ratio is the median of the pairs' ratios, and low and high are their extremes.

function median(list, count,    i, j, swap) {
  for (i = 2; i <= count; i++)
    for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
      swap = list[j]
      list[j] = list[j - 1]
      list[j - 1] = swap
    }
  return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}

function number(value) { return sprintf("%.6g", value) }

function shown(value) { return value == "" ? "-" : value }

# Whether the bound in `asked` holds.
function judge(ratio, ours,    parts, value) {
  if (asked !~ /^(ratio|ours)[<>]=/) return "-"
  split(asked, parts, /[<>]=/)
  value = parts[1] == "ratio" ? ratio : ours
  if (value == "-") return "-"
  value -= parts[2] # above and below as numbers, not as text
  return (asked ~ />/ ? value >= 0 : value <= 0) ? "reached" : "missed"
}

function is_count(value) { return value != "" && value != "-" }

given {
  ours = $1
  theirs = $2
  if (is_count(ours) && is_count(theirs) && theirs + 0 != 0) ratio = number(ours / theirs)
  next
}

unit == "s" { a = $1; b = $5 }
unit == "CPU s" { a = $2 + $3; b = $6 + $7 }
unit == "MiB" { a = $4 / 1024; b = $8 / 1024 }
$1 != "" { # one side may have fewer runs than the other
  ours_list[++n] = a / ours_per
  cpu_list[n] = ($2 + $3) / ours_per
  kib_list[n] = $4
}
$5 != "" {
  peer_list[++m] = b / peer_per
  peer_cpu_list[m] = ($6 + $7) / peer_per
  peer_kib_list[m] = $8
}
$1 != "" && $5 != "" && b > 0 { ratio_list[++pairs] = (a / ours_per) / (b / peer_per) }

END {
  if (given) {
    ours = is_count(ours) ? ours : "-"
    theirs = is_count(theirs) ? theirs : "-"
  } else {
    ours = n ? number(median(ours_list, n)) : "-"
    cpu = n ? number(median(cpu_list, n)) : "-"
    mib = n ? number(median(kib_list, n) / 1024) : "-"
    theirs = m ? number(median(peer_list, m)) : "-"
    peer_cpu = m ? number(median(peer_cpu_list, m)) : "-"
    peer_mib = m ? number(median(peer_kib_list, m) / 1024) : "-"
    if (pairs) {
      ratio = number(median(ratio_list, pairs))
      low = number(ratio_list[1])
      high = number(ratio_list[pairs])
    }
  }
  if (growth) {
    exponent = 1 + log(ratio) / log(growth)
    note = sprintf("time as n^%.2f, memory as n^%.2f", exponent, log(mib / peer_mib) / log(growth)) \
      (exponent < 0.85 ? ": start-up is a part of it" : "")
  }
  ratio = shown(ratio)
  print ENVIRON["BENCH_RUN"], ENVIRON["BENCH_MACHINE"], part, what, unit, ours, shown(cpu), shown(mib),
    shown(peer), theirs, shown(peer_cpu), shown(peer_mib), ratio, shown(low), shown(high), asked,
    judge(ratio, ours), shown(note)
}
