# Packages for Debian and for systems with RPM, both made of the tarball, which gets the version and
# the date of its commit here: the same commit makes the same tarball, and that the same packages.

EXTRA_DIST += \
  packaging/debian/changelog \
  packaging/debian/control \
  packaging/debian/copyright \
  packaging/debian/ocidup.lintian-overrides \
  packaging/debian/rules \
  packaging/debian/source/format \
  packaging/debian/source/lintian-overrides \
  packaging/rpm/ocidup.spec

dist-hook:
	@set -e; version=`sh '$(top_srcdir)'/build-aux/version`; \
	if test "$$version" != '$(VERSION)'; then \
	  echo 'make dist: this is $(VERSION) by configure, but' "$$version" \
	    'by its last commit: for a release, run autoreconf -f and make again' >&2; \
	fi; \
	epoch=`sh '$(top_srcdir)'/build-aux/version --epoch`; \
	date=`LC_ALL=C date -u -d "@$$epoch" +'%a, %d %b %Y %T +0000'`; \
	put() { rm -f '$(distdir)'/"$$1"; cat >'$(distdir)'/"$$1"; }; \
	printf '%s\n' '$(VERSION)' "$$epoch" | put .tarball-version; \
	sed "1s/(.*)/($(VERSION)-1)/; s/^\( -- .*>\)  .*/\1  $$date/" \
	  '$(top_srcdir)/packaging/debian/changelog' | put packaging/debian/changelog; \
	sed 's/^Version: .*/Version: $(VERSION)/' \
	  '$(top_srcdir)/packaging/rpm/ocidup.spec' | put packaging/rpm/ocidup.spec
