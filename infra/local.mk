# The stages as make targets (installed), and the local cloud.

ocidupdir = $(datadir)/ocidup
dist_ocidup_DATA =
