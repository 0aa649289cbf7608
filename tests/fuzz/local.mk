# Fuzz targets: each fuzz-NAME.c defines LLVMFuzzerTestOneInput (fuzz.h). `make check` links them
# with replay.c, a main that feeds them the files of corpus/NAME, under any compiler. `make fuzz`
# builds them with libFuzzer, in fuzz/, and runs each for FUZZ_SECONDS, with the words of dict/NAME.

FUZZ_TARGETS = \
  tests/fuzz/fuzz-answer \
  tests/fuzz/fuzz-challenge \
  tests/fuzz/fuzz-credential-helper \
  tests/fuzz/fuzz-credentials \
  tests/fuzz/fuzz-digest \
  tests/fuzz/fuzz-docker-config \
  tests/fuzz/fuzz-ecr \
  tests/fuzz/fuzz-endpoint \
  tests/fuzz/fuzz-expand \
  tests/fuzz/fuzz-image-config \
  tests/fuzz/fuzz-ini \
  tests/fuzz/fuzz-input \
  tests/fuzz/fuzz-json \
  tests/fuzz/fuzz-json-tree \
  tests/fuzz/fuzz-known \
  tests/fuzz/fuzz-lines \
  tests/fuzz/fuzz-manifest \
  tests/fuzz/fuzz-match \
  tests/fuzz/fuzz-platform \
  tests/fuzz/fuzz-profile \
  tests/fuzz/fuzz-providers \
  tests/fuzz/fuzz-quota \
  tests/fuzz/fuzz-record \
  tests/fuzz/fuzz-redact \
  tests/fuzz/fuzz-redirect \
  tests/fuzz/fuzz-reference \
  tests/fuzz/fuzz-registry-host \
  tests/fuzz/fuzz-retry-after \
  tests/fuzz/fuzz-sts \
  tests/fuzz/fuzz-text \
  tests/fuzz/fuzz-timestamp \
  tests/fuzz/fuzz-token-question \
  tests/fuzz/fuzz-tsv \
  tests/fuzz/fuzz-words

check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/dict

FUZZ_MAIN = tests/fuzz/replay.c tests/fuzz/fuzz-file.h tests/fuzz/fuzz.h

tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz-answer.c $(FUZZ_MAIN)
tests_fuzz_fuzz_challenge_SOURCES = tests/fuzz/fuzz-challenge.c $(FUZZ_MAIN)
tests_fuzz_fuzz_credential_helper_SOURCES = tests/fuzz/fuzz-credential-helper.c $(FUZZ_MAIN)
tests_fuzz_fuzz_credentials_SOURCES = tests/fuzz/fuzz-credentials.c $(FUZZ_MAIN)
tests_fuzz_fuzz_digest_SOURCES = tests/fuzz/fuzz-digest.c $(FUZZ_MAIN)
tests_fuzz_fuzz_docker_config_SOURCES = tests/fuzz/fuzz-docker-config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_ecr_SOURCES = tests/fuzz/fuzz-ecr.c $(FUZZ_MAIN)
tests_fuzz_fuzz_endpoint_SOURCES = tests/fuzz/fuzz-endpoint.c $(FUZZ_MAIN)
tests_fuzz_fuzz_expand_SOURCES = tests/fuzz/fuzz-expand.c $(FUZZ_MAIN)
tests_fuzz_fuzz_image_config_SOURCES = tests/fuzz/fuzz-image-config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_ini_SOURCES = tests/fuzz/fuzz-ini.c $(FUZZ_MAIN)
tests_fuzz_fuzz_input_SOURCES = tests/fuzz/fuzz-input.c $(FUZZ_MAIN)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz-json.c $(FUZZ_MAIN)
tests_fuzz_fuzz_json_tree_SOURCES = tests/fuzz/fuzz-json-tree.c $(FUZZ_MAIN)
tests_fuzz_fuzz_known_SOURCES = tests/fuzz/fuzz-known.c $(FUZZ_MAIN)
tests_fuzz_fuzz_lines_SOURCES = tests/fuzz/fuzz-lines.c $(FUZZ_MAIN)
tests_fuzz_fuzz_manifest_SOURCES = tests/fuzz/fuzz-manifest.c $(FUZZ_MAIN)
tests_fuzz_fuzz_match_SOURCES = tests/fuzz/fuzz-match.c $(FUZZ_MAIN)
tests_fuzz_fuzz_platform_SOURCES = tests/fuzz/fuzz-platform.c $(FUZZ_MAIN)
tests_fuzz_fuzz_profile_SOURCES = tests/fuzz/fuzz-profile.c $(FUZZ_MAIN)
tests_fuzz_fuzz_providers_SOURCES = tests/fuzz/fuzz-providers.c $(FUZZ_MAIN)
tests_fuzz_fuzz_quota_SOURCES = tests/fuzz/fuzz-quota.c $(FUZZ_MAIN)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz-record.c $(FUZZ_MAIN)
tests_fuzz_fuzz_redact_SOURCES = tests/fuzz/fuzz-redact.c $(FUZZ_MAIN)
tests_fuzz_fuzz_redirect_SOURCES = tests/fuzz/fuzz-redirect.c $(FUZZ_MAIN)
tests_fuzz_fuzz_reference_SOURCES = tests/fuzz/fuzz-reference.c $(FUZZ_MAIN)
tests_fuzz_fuzz_registry_host_SOURCES = tests/fuzz/fuzz-registry-host.c $(FUZZ_MAIN)
tests_fuzz_fuzz_retry_after_SOURCES = tests/fuzz/fuzz-retry-after.c $(FUZZ_MAIN)
tests_fuzz_fuzz_sts_SOURCES = tests/fuzz/fuzz-sts.c $(FUZZ_MAIN)
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz-text.c $(FUZZ_MAIN)
tests_fuzz_fuzz_timestamp_SOURCES = tests/fuzz/fuzz-timestamp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_token_question_SOURCES = tests/fuzz/fuzz-token-question.c $(FUZZ_MAIN)
tests_fuzz_fuzz_tsv_SOURCES = tests/fuzz/fuzz-tsv.c $(FUZZ_MAIN)
tests_fuzz_fuzz_words_SOURCES = tests/fuzz/fuzz-words.c $(FUZZ_MAIN)

FUZZ_CC = clang
FUZZ_SECONDS = 60
FUZZ_CFLAGS = -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
  -fno-sanitize-recover=all -U_FORTIFY_SOURCE
FUZZ_COMPILE = $(FUZZ_CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(FUZZ_CFLAGS)
FUZZ_OBJECTS = $(patsubst %.c,fuzz/%.o,$(filter %.c,$(libocidup_a_SOURCES) $(nodist_libocidup_a_SOURCES)))
FUZZ_BUILT = $(patsubst tests/fuzz/%,fuzz/%,$(FUZZ_TARGETS))

fuzz/src/%.o: src/%.c $(filter %.h,$(libocidup_a_SOURCES)) config.h
	$(AM_V_CC)$(MKDIR_P) '$(@D)' && $(FUZZ_COMPILE) -fsanitize=fuzzer-no-link -c -o '$@' '$<'

fuzz/libocidup.a: $(FUZZ_OBJECTS)
	$(AM_V_AR)rm -f '$@' && $(AR) $(ARFLAGS) '$@' $(FUZZ_OBJECTS)

fuzz/fuzz-%: tests/fuzz/fuzz-%.c tests/fuzz/fuzz-file.h tests/fuzz/fuzz.h fuzz/libocidup.a
	$(AM_V_CCLD)$(FUZZ_COMPILE) -fsanitize=fuzzer -o '$@' '$<' fuzz/libocidup.a \
	  $(CURL_LIBS) $(JSON_LIBS) $(CRYPTO_LIBS) $(EXPAT_LIBS) $(LIBS)

# What is found goes to fuzz/found-NAME, and an input that fails to fuzz/.
fuzz: $(FUZZ_BUILT)
	@for program in $(FUZZ_BUILT); do \
	  name=$${program#fuzz/fuzz-}; \
	  echo "fuzz-$$name: $(FUZZ_SECONDS) seconds"; \
	  $(MKDIR_P) "fuzz/found-$$name" || exit 1; \
	  words='$(srcdir)/tests/fuzz/dict/'"$$name"; \
	  if test -e "$$words"; then set -- "-dict=$$words"; else set --; fi; \
	  "$$program" "$$@" -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 \
	    -verbosity=0 -print_final_stats=1 -artifact_prefix="fuzz/fail-$$name-" \
	    "fuzz/found-$$name" '$(srcdir)/tests/fuzz/corpus/'"$$name" || exit 1; \
	done

clean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz

.PHONY: fuzz clean-fuzz
