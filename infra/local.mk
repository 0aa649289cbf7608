# The stages as make targets (installed), and the local cloud.

ocidupdir = $(datadir)/ocidup
dist_ocidup_DATA =

EXTRA_DIST += \
  infra/local/cloud \
  infra/local/ecr/__init__.py \
  infra/local/ecr/api.py \
  infra/local/ecr/httpd.py \
  infra/local/ecr/roles.py \
  infra/local/ecr/sigv4.py \
  infra/local/ecr/state.py \
  infra/local/ecr/storage.py \
  infra/local/local-ecr \
  infra/local/oci-layout \
  infra/local/oci.py \
  infra/local/push-images \
  infra/local/supervisor.py \
  infra/local/token-auth
