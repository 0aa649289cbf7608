# The manual, by hand.

dist_man_MANS = \
  doc/ocidup-tsv.5 \
  doc/ocidup.7
