# Of the results the rows that README.md shows, whether they reach what was asked of them or not: of
# each kind below the first one. What only a part of `make bench` measured is what there is to show.

BEGIN {
  FS = OFS = "\t"
  kinds = split("match: .* s beside mawk, hash;match: .* s beside wc;match: .*from a pipe s beside cat;" \
    "match: .* s beside DuckDB;match: .* s beside Miller;match: .* s beside sort;" \
    "match: .* s beside SQLite.*import and;match: .* MiB beside;" \
    "resolve: .*from nginx s beside curl;resolve: .*HTTP/2 s beside curl;resolve: .* s beside crane;" \
    "resolve: .* s beside skopeo [^ ]* inspect --format;resolve: .* s beside skopeo [^ ]* inspect --raw;" \
    "resolve: .* MiB beside;" \
    "list: .* repositories .* calls beside arithmetic;list: .* repositories .* s beside the ideal;" \
    "list: one repository .* s beside the ideal;list: throttled.* /s beside;" \
    "list: .* images, no latency s beside boto3;list: .* images, no latency CPU s beside boto3;" \
    "list: .* images s beside boto3;list: .* s beside AWS CLI;list: .* MiB beside;" \
    "reuse: .* s beside;start: one reference, .* s beside", kind, ";")
}
{
  $18 = "-"
  for (k = 1; k <= kinds; k++)
    if (!(k in row) && ($3 ": " $4 " " $5 " beside " $9) ~ "^" kind[k]) row[k] = $0
}
END {
  for (k = 1; k <= kinds; k++) if (k in row) print row[k]
}
