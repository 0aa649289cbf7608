# The stages as make targets (installed), and the local cloud.

ocidupdir = $(datadir)/ocidup
dist_ocidup_DATA = infra/pipeline.mk

# The programs of this tree come first; variables of the command line (INPUT, OUT, LIST…) go along.
# What reaches the demo is told to it, since it is a make of its own.
OUT = report
duplicates report source validate: all
	@PATH='$(abs_builddir)':"$$PATH" $(MAKE) -s -f '$(srcdir)/infra/pipeline.mk' $@
demo: all
	@PATH='$(abs_builddir)':"$$PATH" '$(srcdir)/infra/local/demo' \
	  '$(abs_srcdir)/infra/pipeline.mk' '$(OUT)'
# What AWS does with infra/pipeline.yaml and buildspec.yml. INPUT: another list than the demo's.
pipeline: peers/python.stamp
	@'$(srcdir)/infra/local/pipeline' '$(abs_builddir)/peers/python/bin/python' \
	  '$(abs_builddir)/pipeline' $(if $(INPUT),'$(INPUT)')
.PHONY: demo duplicates pipeline report source validate

# The diagram of infra/README.md, for maintainers: needs Graphviz.
diagram:
	cd '$(srcdir)' && dot -Tsvg infra/architecture.dot >infra/.architecture.svg && \
	  mv infra/.architecture.svg infra/architecture.svg
.PHONY: diagram

EXTRA_DIST += \
  .gitignore \
  buildspec.yml \
  infra/README.md \
  infra/architecture.dot \
  infra/architecture.svg \
  infra/local/aws/__init__.py \
  infra/local/aws/buildspec.py \
  infra/local/aws/codebuild.py \
  infra/local/aws/codepipeline.py \
  infra/local/aws/credentials.py \
  infra/local/aws/moto_server.py \
  infra/local/aws/template.py \
  infra/local/certificates.py \
  infra/local/clean-skopeo \
  infra/local/cloud \
  infra/local/codepipeline \
  infra/local/demo \
  infra/local/demo-list \
  infra/local/ecr/__init__.py \
  infra/local/ecr/api.py \
  infra/local/ecr/front.py \
  infra/local/ecr/httpd.py \
  infra/local/ecr/roles.py \
  infra/local/ecr/sigv4.py \
  infra/local/ecr/state.py \
  infra/local/ecr/storage.py \
  infra/local/ecr/sts.py \
  infra/local/local-credentials \
  infra/local/local-ecr \
  infra/local/local-proxy \
  infra/local/make-images \
  infra/local/oci-layout \
  infra/local/oci.py \
  infra/local/pipeline \
  infra/local/push-images \
  infra/local/supervisor.py \
  infra/local/token-auth \
  infra/local/travel \
  infra/member-account.yaml \
  infra/pipeline.yaml \
  infra/teardown
