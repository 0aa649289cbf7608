# The results as one Markdown table, as wide as it must be; with narrow=1 without noise and costs, and
# with the machine and the time below; or with brief=1 a line for each.

function digits(value) {
  if (value !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/) return value
  value += 0
  if (value == int(value) && value < 1e15) return grouped(sprintf("%.0f", value))
  return value >= 100 ? sprintf("%.0f", value) : value >= 10 ? sprintf("%.1f", value) : \
    value >= 1 ? sprintf("%.2f", value) : sprintf("%.3g", value)
}

function grouped(text,    head) {
  for (head = ""; length(text) > 3; text = substr(text, 1, length(text) - 3))
    head = "," substr(text, length(text) - 2) head
  return text head
}

function with_unit(value, unit) {
  if (value == "-") return ""
  if ((unit == "s" || unit == "CPU s") && value < 0.1) {
    value *= 1000
    sub(/s$/, "ms", unit)
  }
  return digits(value) " " unit
}
function plain(value) { return value == "-" ? "" : digits(value) }

function rounded(value) { return value == "-" ? "" : sprintf("%.0f", value) }

function both(a, b) { return a == "" && b == "" ? "" : b == "" ? a : a " / " b }

# Of a ratio, or in the unit of what is ours.
function bound(asked, unit,    value) {
  if (asked == "-") return ""
  value = asked
  sub(/^[a-z]+[<>]=/, "", value)
  return (asked ~ />/ ? ">= " : "<= ") (asked ~ /^ours/ ? with_unit(value, unit) : digits(value))
}

# CPU, memory and the range of the ratios are columns 6 to 8.
function shows(column) { return !narrow || column < 6 || column > 8 }

function add(a, b, c, d, e, f, g, h, i,    k) {
  cell[++rows, 1] = a; cell[rows, 2] = b; cell[rows, 3] = c; cell[rows, 4] = d; cell[rows, 5] = e
  cell[rows, 6] = f; cell[rows, 7] = g; cell[rows, 8] = h; cell[rows, 9] = i
  for (k = 1; k <= 9; k++)
    if (length(cell[rows, k]) > width[k]) width[k] = length(cell[rows, k])
}

BEGIN {
  FS = "\t"
  heading["same"] = "that speed breaks nothing"
  heading["match"] = "match-report"
  heading["resolve"] = "resolve-digest"
  heading["list"] = "list-ecr"
  heading["reuse"] = "--reuse"
  heading["start"] = "start-up"
  add("what", "ours", "peer", "its", "ratio", "lowest..highest", "CPU s", "MiB", "asked for")
}
$3 == "part" { next }
!brief && $3 != last { add("**" ($3 in heading ? heading[$3] : $3) "**", "", "", "", "", "", "", "", ""); last = $3 }
{
  on = $2 "; " $1
  what = $4 ($18 == "-" ? "" : " (" $18 ")")
  range = $14 == "-" ? "" : digits($14) ".." digits($15)
  if (brief) {
    print $3 ": " what ": " with_unit($6, $5) ($9 == "-" ? "" : ", " $9 ": " with_unit($10, $5)) \
      ($13 == "-" ? "" : ", ratio " digits($13)) ($17 == "-" ? "" : ", " $17)
    next
  }
  add(what, with_unit($6, $5), $9 == "-" ? "" : $9, with_unit($10, $5), plain($13), range,
    both(plain($7), plain($11)), both(rounded($8), rounded($12)),
    bound($16, $5) ($17 == "-" ? "" : ": " $17))
}
END {
  if (brief) exit
  for (r = 1; r <= rows; r++) {
    line = "|"
    for (k = 1; k <= 9; k++)
      if (shows(k)) line = line sprintf(k == 1 || k == 3 || k == 9 ? " %-*s |" : " %*s |", width[k], cell[r, k])
    print line
    if (r == 1) {
      line = "|"
      for (k = 1; k <= 9; k++) {
        if (!shows(k)) continue
        dashes = sprintf("%*s", width[k], "")
        gsub(/ /, "-", dashes)
        line = line " " dashes " |"
      }
      print line
    }
  }
  if (narrow) print "\nOn " on "."
}
