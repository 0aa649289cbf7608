# Unit tests, one check-MODULE.c a module, in Check.

UNIT_TESTS = \
  tests/unit/check-answer \
  tests/unit/check-ca \
  tests/unit/check-chain \
  tests/unit/check-challenge \
  tests/unit/check-cli \
  tests/unit/check-credentials-container \
  tests/unit/check-credentials-imds \
  tests/unit/check-credentials-json \
  tests/unit/check-credentials-process \
  tests/unit/check-credentials-sso \
  tests/unit/check-digest \
  tests/unit/check-docker-config \
  tests/unit/check-ecr-error \
  tests/unit/check-ecr-login \
  tests/unit/check-ecr-reply \
  tests/unit/check-endpoint \
  tests/unit/check-environment \
  tests/unit/check-error \
  tests/unit/check-expand \
  tests/unit/check-expand-index \
  tests/unit/check-hash \
  tests/unit/check-hashmap \
  tests/unit/check-html \
  tests/unit/check-http \
  tests/unit/check-http-loop \
  tests/unit/check-http-parts \
  tests/unit/check-http-sign \
  tests/unit/check-http-tls \
  tests/unit/check-image-config \
  tests/unit/check-ini \
  tests/unit/check-inventory \
  tests/unit/check-json \
  tests/unit/check-json-tree \
  tests/unit/check-kin \
  tests/unit/check-known \
  tests/unit/check-lines \
  tests/unit/check-login \
  tests/unit/check-manifest \
  tests/unit/check-match \
  tests/unit/check-ordered \
  tests/unit/check-output \
  tests/unit/check-pace \
  tests/unit/check-platform \
  tests/unit/check-pool \
  tests/unit/check-process \
  tests/unit/check-profile \
  tests/unit/check-progress \
  tests/unit/check-progress-line \
  tests/unit/check-proxy \
  tests/unit/check-record \
  tests/unit/check-record-crew \
  tests/unit/check-redact \
  tests/unit/check-reference \
  tests/unit/check-region \
  tests/unit/check-region-imds \
  tests/unit/check-registry-auth \
  tests/unit/check-registry-client \
  tests/unit/check-registry-token \
  tests/unit/check-report \
  tests/unit/check-scan \
  tests/unit/check-seen \
  tests/unit/check-source \
  tests/unit/check-status \
  tests/unit/check-strbuf \
  tests/unit/check-sts \
  tests/unit/check-tally \
  tests/unit/check-text \
  tests/unit/check-timestamp \
  tests/unit/check-token-question \
  tests/unit/check-trace \
  tests/unit/check-tsv \
  tests/unit/check-verdict \
  tests/unit/check-within \
  tests/unit/check-within-report \
  tests/unit/check-xalloc

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
UNIT_LDADD = $(LDADD) $(CHECK_LIBS)
EXTRA_DIST += tests/unit/alarms.h tests/unit/aws-world.h tests/unit/expand-store.h \
  tests/unit/fake-world.h tests/unit/files.h tests/unit/http-exchange.h tests/unit/match-expect.h \
  tests/unit/match-rows.h tests/unit/registry-fixture.h tests/unit/unit.h \
  tests/unit/within-rows.h

tests_unit_check_redact_SOURCES = tests/unit/check-redact.c
tests_unit_check_redact_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_redact_LDADD = $(UNIT_LDADD)

tests_unit_check_status_SOURCES = tests/unit/check-status.c
tests_unit_check_status_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_status_LDADD = $(UNIT_LDADD)

tests_unit_check_chain_SOURCES = tests/unit/check-chain.c
tests_unit_check_chain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_chain_LDADD = $(UNIT_LDADD)
EXTRA_DIST += tests/unit/credentials tests/unit/endpoint-settings.tsv tests/unit/endpoints.tsv

tests_unit_check_seen_SOURCES = tests/unit/check-seen.c
tests_unit_check_seen_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_seen_LDADD = $(UNIT_LDADD)

tests_unit_check_source_SOURCES = tests/unit/check-source.c
tests_unit_check_source_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_source_LDADD = $(UNIT_LDADD)

tests_unit_check_sts_SOURCES = tests/unit/check-sts.c
tests_unit_check_sts_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_sts_LDADD = $(UNIT_LDADD)

tests_unit_check_credentials_container_SOURCES = tests/unit/check-credentials-container.c
tests_unit_check_credentials_container_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_credentials_container_LDADD = $(UNIT_LDADD)

tests_unit_check_credentials_json_SOURCES = tests/unit/check-credentials-json.c
tests_unit_check_credentials_json_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_credentials_json_LDADD = $(UNIT_LDADD)

tests_unit_check_credentials_process_SOURCES = tests/unit/check-credentials-process.c
tests_unit_check_credentials_process_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_credentials_process_LDADD = $(UNIT_LDADD)

tests_unit_check_credentials_imds_SOURCES = tests/unit/check-credentials-imds.c
tests_unit_check_credentials_imds_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_credentials_imds_LDADD = $(UNIT_LDADD)

tests_unit_check_credentials_sso_SOURCES = tests/unit/check-credentials-sso.c
tests_unit_check_credentials_sso_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_credentials_sso_LDADD = $(UNIT_LDADD)

tests_unit_check_kin_SOURCES = tests/unit/check-kin.c
tests_unit_check_kin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_kin_LDADD = $(UNIT_LDADD)

tests_unit_check_region_SOURCES = tests/unit/check-region.c
tests_unit_check_region_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_region_LDADD = $(UNIT_LDADD)

tests_unit_check_region_imds_SOURCES = tests/unit/check-region-imds.c
tests_unit_check_region_imds_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_region_imds_LDADD = $(UNIT_LDADD)

tests_unit_check_json_SOURCES = tests/unit/check-json.c
tests_unit_check_json_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_json_LDADD = $(UNIT_LDADD)

tests_unit_check_json_tree_SOURCES = tests/unit/check-json-tree.c
tests_unit_check_json_tree_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_json_tree_LDADD = $(UNIT_LDADD)

tests_unit_check_timestamp_SOURCES = tests/unit/check-timestamp.c
tests_unit_check_timestamp_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_timestamp_LDADD = $(UNIT_LDADD)

tests_unit_check_digest_SOURCES = tests/unit/check-digest.c
tests_unit_check_digest_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_digest_LDADD = $(UNIT_LDADD)

tests_unit_check_reference_SOURCES = tests/unit/check-reference.c
tests_unit_check_reference_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_reference_LDADD = $(UNIT_LDADD)

tests_unit_check_pace_SOURCES = tests/unit/check-pace.c
tests_unit_check_pace_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_pace_LDADD = $(UNIT_LDADD)

tests_unit_check_platform_SOURCES = tests/unit/check-platform.c
tests_unit_check_platform_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_platform_LDADD = $(UNIT_LDADD)

tests_unit_check_manifest_SOURCES = tests/unit/check-manifest.c
tests_unit_check_manifest_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_manifest_LDADD = $(UNIT_LDADD)

tests_unit_check_http_SOURCES = tests/unit/check-http.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_http_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_http_LDADD = $(UNIT_LDADD)

tests_unit_check_http_loop_SOURCES = tests/unit/check-http-loop.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_http_loop_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_http_loop_LDADD = $(UNIT_LDADD)

tests_unit_check_expand_index_SOURCES = tests/unit/check-expand-index.c
tests_unit_check_expand_index_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_expand_index_LDADD = $(UNIT_LDADD)

tests_unit_check_verdict_SOURCES = tests/unit/check-verdict.c
tests_unit_check_verdict_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_verdict_LDADD = $(UNIT_LDADD)

tests_unit_check_match_SOURCES = tests/unit/check-match.c
tests_unit_check_match_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_match_LDADD = $(UNIT_LDADD)

tests_unit_check_report_SOURCES = tests/unit/check-report.c
tests_unit_check_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_report_LDADD = $(UNIT_LDADD)

tests_unit_check_html_SOURCES = tests/unit/check-html.c
tests_unit_check_html_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_html_LDADD = $(UNIT_LDADD)

tests_unit_check_image_config_SOURCES = tests/unit/check-image-config.c
tests_unit_check_image_config_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_image_config_LDADD = $(UNIT_LDADD)

tests_unit_check_challenge_SOURCES = tests/unit/check-challenge.c
tests_unit_check_challenge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_challenge_LDADD = $(UNIT_LDADD)

tests_unit_check_environment_SOURCES = tests/unit/check-environment.c
tests_unit_check_environment_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_environment_LDADD = $(UNIT_LDADD)

tests_unit_check_error_SOURCES = tests/unit/check-error.c
tests_unit_check_error_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_error_LDADD = $(UNIT_LDADD)

tests_unit_check_hash_SOURCES = tests/unit/check-hash.c
tests_unit_check_hash_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_hash_LDADD = $(UNIT_LDADD)

tests_unit_check_hashmap_SOURCES = tests/unit/check-hashmap.c
tests_unit_check_hashmap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_hashmap_LDADD = $(UNIT_LDADD)

tests_unit_check_lines_SOURCES = tests/unit/check-lines.c
tests_unit_check_lines_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_lines_LDADD = $(UNIT_LDADD)

tests_unit_check_ordered_SOURCES = tests/unit/check-ordered.c
tests_unit_check_ordered_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_ordered_LDADD = $(UNIT_LDADD)

tests_unit_check_strbuf_SOURCES = tests/unit/check-strbuf.c
tests_unit_check_strbuf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_strbuf_LDADD = $(UNIT_LDADD)

tests_unit_check_record_crew_SOURCES = tests/unit/check-record-crew.c
tests_unit_check_record_crew_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_record_crew_LDADD = $(UNIT_LDADD)

tests_unit_check_scan_SOURCES = tests/unit/check-scan.c
tests_unit_check_scan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_scan_LDADD = $(UNIT_LDADD)

tests_unit_check_tally_SOURCES = tests/unit/check-tally.c
tests_unit_check_tally_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_tally_LDADD = $(UNIT_LDADD)

tests_unit_check_text_SOURCES = tests/unit/check-text.c
tests_unit_check_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_text_LDADD = $(UNIT_LDADD)

tests_unit_check_trace_SOURCES = tests/unit/check-trace.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_trace_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_trace_LDADD = $(UNIT_LDADD)

tests_unit_check_tsv_SOURCES = tests/unit/check-tsv.c
tests_unit_check_tsv_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_tsv_LDADD = $(UNIT_LDADD)

tests_unit_check_ecr_error_SOURCES = tests/unit/check-ecr-error.c
tests_unit_check_ecr_error_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_ecr_error_LDADD = $(UNIT_LDADD)

tests_unit_check_ecr_login_SOURCES = tests/unit/check-ecr-login.c
tests_unit_check_ecr_login_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_ecr_login_LDADD = $(UNIT_LDADD)

tests_unit_check_ecr_reply_SOURCES = tests/unit/check-ecr-reply.c
tests_unit_check_ecr_reply_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_ecr_reply_LDADD = $(UNIT_LDADD)

tests_unit_check_http_parts_SOURCES = tests/unit/check-http-parts.c
tests_unit_check_http_parts_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_http_parts_LDADD = $(UNIT_LDADD)

tests_unit_check_http_sign_SOURCES = tests/unit/check-http-sign.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_http_sign_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_http_sign_LDADD = $(UNIT_LDADD)

tests_unit_check_http_tls_SOURCES = tests/unit/check-http-tls.c
tests_unit_check_http_tls_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_http_tls_LDADD = $(UNIT_LDADD) -lssl

tests_unit_check_output_SOURCES = tests/unit/check-output.c
tests_unit_check_output_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_output_LDADD = $(UNIT_LDADD)

tests_unit_check_record_SOURCES = tests/unit/check-record.c
tests_unit_check_record_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_record_LDADD = $(UNIT_LDADD)

tests_unit_check_cli_SOURCES = tests/unit/check-cli.c
tests_unit_check_cli_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_cli_LDADD = $(UNIT_LDADD)

tests_unit_check_process_SOURCES = tests/unit/check-process.c
tests_unit_check_process_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_process_LDADD = $(UNIT_LDADD)

tests_unit_check_progress_SOURCES = tests/unit/check-progress.c
tests_unit_check_progress_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_progress_LDADD = $(UNIT_LDADD)
tests_unit_check_progress_line_SOURCES = tests/unit/check-progress-line.c
tests_unit_check_progress_line_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_progress_line_LDADD = $(UNIT_LDADD)

tests_unit_check_expand_SOURCES = tests/unit/check-expand.c
tests_unit_check_expand_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_expand_LDADD = $(UNIT_LDADD)

tests_unit_check_known_SOURCES = tests/unit/check-known.c
tests_unit_check_known_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_known_LDADD = $(UNIT_LDADD)

tests_unit_check_answer_SOURCES = tests/unit/check-answer.c
tests_unit_check_answer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_answer_LDADD = $(UNIT_LDADD)

tests_unit_check_endpoint_SOURCES = tests/unit/check-endpoint.c
tests_unit_check_endpoint_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_endpoint_LDADD = $(UNIT_LDADD)

tests_unit_check_registry_client_SOURCES = tests/unit/check-registry-client.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_registry_client_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_registry_client_LDADD = $(UNIT_LDADD)

tests_unit_check_registry_token_SOURCES = tests/unit/check-registry-token.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_registry_token_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_registry_token_LDADD = $(UNIT_LDADD)

tests_unit_check_pool_SOURCES = tests/unit/check-pool.c
tests_unit_check_pool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_pool_LDADD = $(UNIT_LDADD)

tests_unit_check_ca_SOURCES = tests/unit/check-ca.c
tests_unit_check_ca_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_ca_LDADD = $(UNIT_LDADD)

tests_unit_check_proxy_SOURCES = tests/unit/check-proxy.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_proxy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_proxy_LDADD = $(UNIT_LDADD)
tests_unit_check_ini_SOURCES = tests/unit/check-ini.c
tests_unit_check_ini_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_ini_LDADD = $(UNIT_LDADD)

tests_unit_check_profile_SOURCES = tests/unit/check-profile.c
tests_unit_check_profile_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_profile_LDADD = $(UNIT_LDADD)

tests_unit_check_docker_config_SOURCES = tests/unit/check-docker-config.c
tests_unit_check_docker_config_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_docker_config_LDADD = $(UNIT_LDADD)

tests_unit_check_login_SOURCES = tests/unit/check-login.c
tests_unit_check_login_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_login_LDADD = $(UNIT_LDADD)

tests_unit_check_token_question_SOURCES = tests/unit/check-token-question.c
tests_unit_check_token_question_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_token_question_LDADD = $(UNIT_LDADD)

tests_unit_check_registry_auth_SOURCES = tests/unit/check-registry-auth.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_registry_auth_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_registry_auth_LDADD = $(UNIT_LDADD)

tests_unit_check_inventory_SOURCES = tests/unit/check-inventory.c tests/unit/http-server.c tests/unit/http-server.h
tests_unit_check_inventory_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_inventory_LDADD = $(UNIT_LDADD)

tests_unit_check_within_SOURCES = tests/unit/check-within.c
tests_unit_check_within_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_within_LDADD = $(UNIT_LDADD)

tests_unit_check_within_report_SOURCES = tests/unit/check-within-report.c
tests_unit_check_within_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_within_report_LDADD = $(UNIT_LDADD)

tests_unit_check_xalloc_SOURCES = tests/unit/check-xalloc.c
tests_unit_check_xalloc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_check_xalloc_LDADD = $(UNIT_LDADD)
