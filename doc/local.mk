# The manual, by hand.

dist_man_MANS = \
  doc/list-ecr.1 \
  doc/list-registry.1 \
  doc/match-report.1 \
  doc/ocidup-tsv.5 \
  doc/ocidup.7 \
  doc/resolve-digest.1
