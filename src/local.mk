# The programs, and the library of everything below their mains (not installed).

bin_PROGRAMS += resolve-digest list-ecr list-registry match-report
noinst_LIBRARIES += libocidup.a

libocidup_a_SOURCES = \
  src/base/cleanup.h \
  src/base/cli-help.c \
  src/base/cli-help.h \
  src/base/cli.c \
  src/base/cli.h \
  src/base/environment.c \
  src/base/environment.h \
  src/base/error.c \
  src/base/error.h \
  src/base/file.c \
  src/base/file.h \
  src/base/hash.h \
  src/base/hashmap.c \
  src/base/hashmap.h \
  src/base/json-tree.c \
  src/base/json-tree.h \
  src/base/json.c \
  src/base/json.h \
  src/base/lines.c \
  src/base/lines.h \
  src/base/ordered.c \
  src/base/ordered.h \
  src/base/output.c \
  src/base/output.h \
  src/base/process.c \
  src/base/process.h \
  src/base/progress-line.c \
  src/base/progress-line.h \
  src/base/progress.c \
  src/base/progress.h \
  src/base/record-crew.c \
  src/base/record-header.c \
  src/base/record-private.h \
  src/base/record-reader.c \
  src/base/record-rows.c \
  src/base/record-writer.c \
  src/base/record.c \
  src/base/record.h \
  src/base/redact.c \
  src/base/redact.h \
  src/base/scan.c \
  src/base/scan.h \
  src/base/scratch.c \
  src/base/scratch.h \
  src/base/secret.c \
  src/base/secret.h \
  src/base/status.c \
  src/base/status.h \
  src/base/strbuf.c \
  src/base/strbuf.h \
  src/base/tally.c \
  src/base/tally.h \
  src/base/text.c \
  src/base/text.h \
  src/base/timestamp.c \
  src/base/timestamp.h \
  src/base/tsv.c \
  src/base/tsv.h \
  src/base/xalloc.c \
  src/base/xalloc.h

libocidup_a_SOURCES += \
  src/net/ca.c \
  src/net/ca.h \
  src/net/http.c \
  src/net/http.h \
  src/net/loop.c \
  src/net/loop.h \
  src/net/outcome.c \
  src/net/outcome.h \
  src/net/overlap.c \
  src/net/overlap.h \
  src/net/pace.c \
  src/net/pace.h \
  src/net/proxy.c \
  src/net/proxy.h \
  src/net/queue.c \
  src/net/queue.h \
  src/net/quota.c \
  src/net/quota.h \
  src/net/request.c \
  src/net/request.h \
  src/net/retry.c \
  src/net/retry.h \
  src/net/trace.c \
  src/net/trace.h \
  src/net/transfer.c \
  src/net/transfer.h \
  src/net/url.c \
  src/net/url.h \
  src/net/watch.c \
  src/net/watch.h

libocidup_a_SOURCES += \
  src/registry/answer.c \
  src/registry/answer.h \
  src/registry/authorization.c \
  src/registry/authorization.h \
  src/registry/challenge.c \
  src/registry/challenge.h \
  src/registry/client.c \
  src/registry/client.h \
  src/registry/credential-helper.c \
  src/registry/credential-helper.h \
  src/registry/credential.c \
  src/registry/credential.h \
  src/registry/digest.c \
  src/registry/digest.h \
  src/registry/docker-config.c \
  src/registry/docker-config.h \
  src/registry/endpoint.c \
  src/registry/endpoint.h \
  src/registry/expand.c \
  src/registry/expand.h \
  src/registry/fetch.c \
  src/registry/fetch.h \
  src/registry/image-config.c \
  src/registry/image-config.h \
  src/registry/keyring.c \
  src/registry/keyring.h \
  src/registry/known.c \
  src/registry/known.h \
  src/registry/listing.c \
  src/registry/listing.h \
  src/registry/login.c \
  src/registry/login.h \
  src/registry/manifest.c \
  src/registry/manifest.h \
  src/registry/platform.c \
  src/registry/platform.h \
  src/registry/reference.c \
  src/registry/reference.h \
  src/registry/resolve.c \
  src/registry/resolve.h \
  src/registry/token-question.c \
  src/registry/token-question.h \
  src/registry/token.c \
  src/registry/token.h

libocidup_a_SOURCES += \
  src/aws/account.c \
  src/aws/account.h \
  src/aws/chain.c \
  src/aws/chain.h \
  src/aws/content.c \
  src/aws/content.h \
  src/aws/context.c \
  src/aws/context.h \
  src/aws/credentials-container.c \
  src/aws/credentials-container.h \
  src/aws/credentials-environment.c \
  src/aws/credentials-environment.h \
  src/aws/credentials-imds.c \
  src/aws/credentials-imds.h \
  src/aws/credentials-json.c \
  src/aws/credentials-json.h \
  src/aws/credentials-process.c \
  src/aws/credentials-process.h \
  src/aws/credentials-role.c \
  src/aws/credentials-role.h \
  src/aws/credentials-sso.c \
  src/aws/credentials-sso.h \
  src/aws/credentials-static.c \
  src/aws/credentials-static.h \
  src/aws/credentials-web-identity.c \
  src/aws/credentials-web-identity.h \
  src/aws/credentials.c \
  src/aws/credentials.h \
  src/aws/ecr-error.c \
  src/aws/ecr-error.h \
  src/aws/ecr-login.c \
  src/aws/ecr-login.h \
  src/aws/ecr-reply.c \
  src/aws/ecr-reply.h \
  src/aws/ecr.c \
  src/aws/ecr.h \
  src/aws/imds.c \
  src/aws/imds.h \
  src/aws/index.c \
  src/aws/index.h \
  src/aws/ini.c \
  src/aws/ini.h \
  src/aws/inventory.c \
  src/aws/inventory.h \
  src/aws/profile-near.c \
  src/aws/profile-near.h \
  src/aws/profile.c \
  src/aws/profile.h \
  src/aws/region-imds.c \
  src/aws/region-imds.h \
  src/aws/region.c \
  src/aws/region.h \
  src/aws/repository.c \
  src/aws/repository.h \
  src/aws/scope.c \
  src/aws/scope.h \
  src/aws/seen.c \
  src/aws/seen.h \
  src/aws/source.c \
  src/aws/source.h \
  src/aws/sso-token.c \
  src/aws/sso-token.h \
  src/aws/sts.c \
  src/aws/sts.h \
  src/aws/untagged.c \
  src/aws/untagged.h

libocidup_a_SOURCES += \
  src/report/bytes.c \
  src/report/bytes.h \
  src/report/compare.h \
  src/report/emit.h \
  src/report/failures.c \
  src/report/failures.h \
  src/report/html-data.c \
  src/report/html-data.h \
  src/report/html-shell.c \
  src/report/html-shell.h \
  src/report/html.c \
  src/report/json-put.c \
  src/report/json-put.h \
  src/report/json.c \
  src/report/json.h \
  src/report/junit.c \
  src/report/map.c \
  src/report/markup.c \
  src/report/markup.h \
  src/report/match-evidence.c \
  src/report/match-evidence.h \
  src/report/match-index.c \
  src/report/match-index.h \
  src/report/match-private.h \
  src/report/match-registry.c \
  src/report/match-registry.h \
  src/report/match-verdict.c \
  src/report/match.c \
  src/report/match.h \
  src/report/missing.c \
  src/report/note.c \
  src/report/note.h \
  src/report/page.h \
  src/report/pool.c \
  src/report/pool.h \
  src/report/report.h \
  src/report/size.h \
  src/report/table.c \
  src/report/table.h \
  src/report/text.c \
  src/report/tsv.c \
  src/report/within-group.c \
  src/report/within-html.c \
  src/report/within-json.c \
  src/report/within-kind.c \
  src/report/within-private.h \
  src/report/within-saved.c \
  src/report/within-text.c \
  src/report/within-tsv.c \
  src/report/within.c \
  src/report/within.h

# The HTML reports' source, as bytes: page_html, page_css, page_js (a script of three files) and
# within_page.
nodist_libocidup_a_SOURCES = src/report/page.c
PAGES = src/report/page.html src/report/page.css src/report/page-data.js \
  src/report/page-view.js src/report/page.js src/report/within.html
EXTRA_DIST += $(PAGES)
CLEANFILES += src/report/page.c

src/report/page.c: $(PAGES)
	$(AM_V_GEN)$(MKDIR_P) src/report && cd "$(srcdir)/src/report" && { \
	  put() { \
	    echo "const char $$1[] = {"; \
	    shift; \
	    cat "$$@" | od -An -v -tx1 | $(AWK) \
	      '{ for (i = 1; i <= NF; i++) printf "\047\\x%s\047,", $$i; print "" }'; \
	    echo '0};'; \
	  }; \
	  echo '#include "report/page.h"' && put page_html page.html && put page_css page.css && \
	    put page_js page-data.js page-view.js page.js && put within_page within.html; \
	} >"$(abs_builddir)/$@.new" && cd "$(abs_builddir)" && mv -f $@.new $@

LDADD = libocidup.a $(CURL_LIBS) $(JSON_LIBS) $(CRYPTO_LIBS) $(EXPAT_LIBS)

# The source, looked at by tools that know the usual mistakes: gcc's -fanalyzer and clang-tidy
# (.clang-tidy) for each file, cppcheck for all. cppcheck takes the address of a variable that is
# handed to a function for what that function returns (returnDanglingLifetime), and does not read
# OpenSSL's headers (unknownMacro).
ANALYZED = $(filter %.c,$(libocidup_a_SOURCES) $(resolve_digest_SOURCES) $(list_ecr_SOURCES) \
  $(list_registry_SOURCES) $(match_report_SOURCES))
ANALYZE_CC = gcc
ANALYZE_FLAGS = $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) -U_FORTIFY_SOURCE -std=gnu11

analyze/%.ok: %.c $(filter %.h,$(libocidup_a_SOURCES)) .clang-tidy config.h
	$(AM_V_GEN)$(MKDIR_P) '$(@D)' && \
	  $(ANALYZE_CC) $(ANALYZE_FLAGS) -O1 -fanalyzer -Werror -c -o /dev/null '$<' && \
	  clang-tidy --quiet --config-file='$(srcdir)/.clang-tidy' '$<' -- $(ANALYZE_FLAGS) 2>'$@.log' || \
	  { cat '$@.log'; exit 1; }; \
	  touch '$@'

analyze/cppcheck.ok: $(ANALYZED)
	$(AM_V_GEN)$(MKDIR_P) '$(@D)' && cppcheck -j 2 --quiet --error-exitcode=1 --std=c11 \
	  --enable=warning,performance,portability --suppress=returnDanglingLifetime \
	  --suppress=unknownMacro $(DEFS) -I. -I'$(srcdir)/src' \
	  $(addprefix '$(srcdir)'/,$(ANALYZED)) && touch '$@'

analyze: $(ANALYZED:%.c=analyze/%.ok) analyze/cppcheck.ok
.PHONY: analyze

# clang's analyzer follows paths as gcc's does, and others; it takes minutes. insecureAPI's
# DeprecatedOrUnsafeBufferHandling asks for memcpy_s, which no C library here has.
ANALYZE_PATHS = -*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling

analyze/%.paths: %.c $(filter %.h,$(libocidup_a_SOURCES)) config.h
	$(AM_V_GEN)$(MKDIR_P) '$(@D)' && \
	  clang-tidy --quiet --config='{}' --checks='$(ANALYZE_PATHS)' --warnings-as-errors='*' '$<' -- $(ANALYZE_FLAGS) \
	  2>'$@.log' || { cat '$@.log'; exit 1; }; \
	  touch '$@'
analyze-paths: $(ANALYZED:%.c=analyze/%.paths)
.PHONY: analyze-paths

clean-local: clean-analyze
clean-analyze:
	rm -rf analyze
.PHONY: clean-analyze

HTTP_CLI = src/http-cli.c src/http-cli.h
REGISTRY_CLI = src/registry-cli.c src/registry-cli.h $(HTTP_CLI)
resolve_digest_SOURCES = src/resolve-digest.c $(REGISTRY_CLI)
list_ecr_SOURCES = src/list-ecr.c $(HTTP_CLI)
list_registry_SOURCES = src/list-registry.c $(REGISTRY_CLI)
match_report_SOURCES = src/match-report.c
