#include <config.h>

#include "registry/manifest.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#include "unit.h"

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

#define OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define OCI_LAYER "application/vnd.oci.image.layer.v1.tar+gzip"
#define DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar.gzip"

#define DESCRIPTOR(type, digest, size)                                                             \
  "{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":" #size "}"
#define ENTRY(digest, rest)                                                                        \
  "{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\",\"digest\":\"" digest "\",\"size\":5" rest "}"
#define IMAGE(more, config, layers)                                                                \
  "{\"schemaVersion\":2" more ",\"config\":" config ",\"layers\":[" layers "]}"
#define TYPE(type) ",\"mediaType\":\"" type "\""

static void parse(const char *text, const char *content_type, struct manifest *manifest) {
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(manifest_parse(text, strlen(text), content_type, manifest, &err) == 0, "%s: %s",
                text, err ? err->message : "?");
  ck_assert_ptr_null(err);
}

static void check_refused(const char *text, const char *content_type, enum status status,
                          const char *message) {
  struct manifest manifest = MANIFEST;
  cleanup(cleanup_error) struct error *err = NULL;
  ck_assert_msg(manifest_parse(text, strlen(text), content_type, &manifest, &err) == -1,
                "%s was taken", text);
  ck_assert_ptr_nonnull(err);
  ck_assert_msg(strstr(err->message, message) != NULL, "%s: %s", text, err->message);
  ck_assert_int_eq(err->status, status);
  ck_assert(!manifest.media_type && !manifest.entries && !manifest.layers &&
            !manifest.config.digest && manifest.entry_count == 0 && manifest.layer_count == 0);
}

static void check_kind(const char *text, const char *content_type, enum manifest_kind kind,
                       const char *media_type) {
  cleanup(manifest_clear) struct manifest manifest = MANIFEST;
  parse(text, content_type, &manifest);
  ck_assert_msg(manifest.kind == kind, "%s: %d", text, (int)manifest.kind);
  if (media_type)
    ck_assert_str_eq(manifest.media_type, media_type);
}

START_TEST(an_image_is_read) {
  cleanup(manifest_clear) struct manifest manifest = MANIFEST;
  parse(IMAGE(TYPE(MEDIA_TYPE_DOCKER_MANIFEST), DESCRIPTOR(DOCKER_CONFIG, A, 7),
              DESCRIPTOR(DOCKER_LAYER, B, 100) "," DESCRIPTOR(DOCKER_LAYER, C, 23)),
        NULL, &manifest);
  ck_assert_int_eq(manifest.kind, MANIFEST_IMAGE);
  ck_assert_str_eq(manifest.media_type, MEDIA_TYPE_DOCKER_MANIFEST);
  ck_assert_str_eq(manifest.config.digest, A);
  ck_assert_str_eq(manifest.config.media_type, DOCKER_CONFIG);
  ck_assert_uint_eq(manifest.layer_count, 2);
  ck_assert_str_eq(manifest.layers[0].digest, B);
  ck_assert_str_eq(manifest.layers[1].digest, C);
  ck_assert_int_eq(manifest.layers[1].size, 23);
  ck_assert_int_eq(manifest_size(&manifest), 130);
  ck_assert_uint_eq(manifest.entry_count, 0);
}
END_TEST

START_TEST(an_index_is_read) {
  cleanup(manifest_clear) struct manifest manifest = MANIFEST;
  parse(
      "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_INDEX "\",\"manifests\":[" ENTRY(
          A,
          ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\","
          "\"variant\":\"v8\"}") "," ENTRY(B,
                                           ",\"platform\":{\"os\":"
                                           "\"windows\",\"architecture\":"
                                           "\"amd64\","
                                           "\"os.version\":\"10.0.20348."
                                           "1\"}") "," ENTRY(C,
                                                             "") "," ENTRY(C,
                                                                           ",\"platform\":{\"os\":"
                                                                           "\"unknown\","
                                                                           "\"architecture\":"
                                                                           "\"unknown\"},"
                                                                           "\"annotations\":{\"vnd."
                                                                           "docker.reference."
                                                                           "type\":\"attestation-"
                                                                           "manifest\"}") "]}",
      NULL, &manifest);
  ck_assert_int_eq(manifest.kind, MANIFEST_INDEX);
  ck_assert_uint_eq(manifest.entry_count, 4);
  ck_assert_str_eq(manifest.entries[0].platform, "linux/arm64");
  ck_assert_str_eq(manifest.entries[0].digest, A);
  ck_assert_str_eq(manifest.entries[0].media_type, MEDIA_TYPE_OCI_MANIFEST);
  ck_assert_int_eq(manifest.entries[0].size, 5);
  ck_assert_str_eq(manifest.entries[1].platform, "windows(10.0.20348.1)/amd64");
  ck_assert_ptr_null(manifest.entries[2].platform);
  ck_assert_ptr_null(manifest.entries[3].platform);
  ck_assert(!manifest.entries[0].attestation);
  ck_assert(!manifest.entries[2].attestation);
  ck_assert(manifest.entries[3].attestation);
  ck_assert_int_eq(manifest_size(&manifest), 0);
  ck_assert_ptr_null(manifest.config.digest);
}
END_TEST

/* Both signs are needed: neither an unknown platform nor the annotation alone hides an image. */
START_TEST(only_attestations_are_attestations) {
  static const struct {
    const char *text;
    bool attestation;
  } cases[] = {
#define UNKNOWN ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}"
#define ANNOTATION ",\"annotations\":{\"vnd.docker.reference.type\":\"x\"}"
      {"{\"manifests\":[" ENTRY(A, UNKNOWN ANNOTATION) "]}", true},
      {"{\"manifests\":[" ENTRY(A, UNKNOWN) "]}", false},
      {"{\"manifests\":[" ENTRY(A, ANNOTATION) "]}", false},
      {"{\"manifests\":[" ENTRY(
           A, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"unknown\"}" ANNOTATION) "]}",
       false},
      {"{\"manifests\":[" ENTRY(A, UNKNOWN ",\"annotations\":{\"x\":\"y\"}") "]}", false},
      {"{\"manifests\":[" ENTRY(A, UNKNOWN ",\"annotations\":[]") "]}", false}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    cleanup(manifest_clear) struct manifest manifest = MANIFEST;
    parse(cases[i].text, NULL, &manifest);
    ck_assert_msg(manifest.entries[0].attestation == cases[i].attestation, "%s", cases[i].text);
  }
}
END_TEST

START_TEST(what_it_is_is_told_by_content_then_type_then_shape) {
  static const char index[] = "{\"schemaVersion\":2,\"manifests\":[]}";
  static const char image[] = IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1), "");
  static const char docker[] =
      IMAGE(TYPE(MEDIA_TYPE_DOCKER_MANIFEST), DESCRIPTOR(DOCKER_CONFIG, A, 1), "");

  check_kind(docker, MEDIA_TYPE_OCI_MANIFEST, MANIFEST_IMAGE, MEDIA_TYPE_DOCKER_MANIFEST);
  check_kind(docker, MEDIA_TYPE_OCI_INDEX, MANIFEST_IMAGE, MEDIA_TYPE_DOCKER_MANIFEST);
  check_kind(index, MEDIA_TYPE_DOCKER_LIST, MANIFEST_INDEX, MEDIA_TYPE_DOCKER_LIST);
  check_kind(index, " Application/VND.docker.distribution.manifest.list.v2+json ; charset=utf-8",
             MANIFEST_INDEX, MEDIA_TYPE_DOCKER_LIST);
  check_kind(index, "application/json", MANIFEST_INDEX, MEDIA_TYPE_OCI_INDEX);
  check_kind(index, NULL, MANIFEST_INDEX, MEDIA_TYPE_OCI_INDEX);
  check_kind(image, MEDIA_TYPE_DOCKER_MANIFEST, MANIFEST_IMAGE, MEDIA_TYPE_DOCKER_MANIFEST);
  check_kind(image, "text/plain", MANIFEST_IMAGE, MEDIA_TYPE_OCI_MANIFEST);
  check_kind(image, NULL, MANIFEST_IMAGE, MEDIA_TYPE_OCI_MANIFEST);
  check_kind("{\"mediaType\":\"\",\"manifests\":[]}", NULL, MANIFEST_INDEX, MEDIA_TYPE_OCI_INDEX);
}
END_TEST

START_TEST(schema_1_is_told) {
  check_kind("{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"" A "\"}]}", NULL, MANIFEST_SCHEMA1,
             MEDIA_TYPE_DOCKER_SCHEMA1);
  check_kind("{\"schemaVersion\":1,\"fsLayers\":[],\"signatures\":[{}]}", "application/json",
             MANIFEST_SCHEMA1, MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED);
  check_kind("{\"schemaVersion\":1}", MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED, MANIFEST_SCHEMA1,
             MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED);
}
END_TEST

START_TEST(what_reads_in_two_ways_is_refused) {
  static const char config[] = ",\"config\":" DESCRIPTOR(OCI_CONFIG, A, 1);
  static const char *const rests[] = {config + 1, "\"layers\":[]", "\"fsLayers\":[]"};
  for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
    struct strbuf text = STRBUF(4096);
    strbuf_printf(&text, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[],%s}",
                  MEDIA_TYPE_OCI_INDEX, rests[i]);
    check_refused(strbuf_str(&text), NULL, STATUS_BAD_MANIFEST, "ambiguous");
    strbuf_free(&text);
  }
  check_refused(IMAGE(",\"manifests\":[]", DESCRIPTOR(OCI_CONFIG, A, 1), ""), NULL,
                STATUS_BAD_MANIFEST, "ambiguous");
  check_refused(IMAGE(",\"fsLayers\":[]", DESCRIPTOR(OCI_CONFIG, A, 1), ""), NULL,
                STATUS_BAD_MANIFEST, "ambiguous");

  check_refused(IMAGE(TYPE(MEDIA_TYPE_OCI_INDEX), DESCRIPTOR(OCI_CONFIG, A, 1), ""), NULL,
                STATUS_BAD_MANIFEST, "members do not go with");
  check_refused("{\"manifests\":[]}", MEDIA_TYPE_OCI_MANIFEST, STATUS_BAD_MANIFEST,
                "members do not go with");
  check_refused("{\"schemaVersion\":1,\"manifests\":[]}", NULL, STATUS_BAD_MANIFEST,
                "schemaVersion");
  check_refused("{\"schemaVersion\":1,\"manifests\":[]}", MEDIA_TYPE_DOCKER_SCHEMA1,
                STATUS_BAD_MANIFEST, "members do not go with");
  check_refused("{\"schemaVersion\":2}", MEDIA_TYPE_DOCKER_SCHEMA1, STATUS_BAD_MANIFEST,
                "schemaVersion");
  check_refused("{\"schemaVersion\":3,\"manifests\":[]}", NULL, STATUS_BAD_MANIFEST,
                "schemaVersion");
  check_refused("{\"schemaVersion\":\"2\",\"manifests\":[]}", NULL, STATUS_BAD_MANIFEST,
                "schemaVersion");
}
END_TEST

START_TEST(images_are_images) {
  static const char *const images[] = {
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1), ""),
      IMAGE("", DESCRIPTOR(DOCKER_CONFIG, A, 1), ""),
      "{\"config\":" DESCRIPTOR(OCI_CONFIG, A, 1) "}",
      "{\"config\":" DESCRIPTOR(OCI_CONFIG, A, 1) ",\"layers\":null}",
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1), DESCRIPTOR(OCI_LAYER, B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR("application/vnd.oci.image.layer.v1.tar", B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR("application/vnd.oci.image.layer.v1.tar+zstd", B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", B, 1)),
      IMAGE("", DESCRIPTOR(DOCKER_CONFIG, A, 1),
            DESCRIPTOR("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", B, 1)),
      IMAGE("", DESCRIPTOR("application/octet-stream", A, 1), DESCRIPTOR(DOCKER_LAYER, B, 1)),
      IMAGE("", "{\"digest\":\"" A "\",\"size\":1}", DESCRIPTOR(DOCKER_LAYER, B, 1)),
      IMAGE(",\"subject\":" DESCRIPTOR(MEDIA_TYPE_OCI_MANIFEST, C, 1), DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR(OCI_LAYER, B, 1)),
      IMAGE(",\"artifactType\":\"\"", DESCRIPTOR(OCI_CONFIG, A, 1), DESCRIPTOR(OCI_LAYER, B, 1))};
  for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
    check_kind(images[i], NULL, MANIFEST_IMAGE, NULL);
}
END_TEST

START_TEST(artifacts_are_artifacts) {
  static const char *const artifacts[] = {
      /* cosign: signature, SBOM, attestation */
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR("application/vnd.dev.cosign.simplesigning.v1+json", B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1), DESCRIPTOR("text/spdx+json", B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1), DESCRIPTOR("application/vnd.in-toto+json", B, 1)),
      IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR(OCI_LAYER, B, 1) "," DESCRIPTOR("application/json", C, 1)),
      /* Helm, empty config, Docker plugin */
      IMAGE("", DESCRIPTOR("application/vnd.cncf.helm.config.v1+json", A, 1),
            DESCRIPTOR("application/vnd.cncf.helm.chart.content.v1.tar+gzip", B, 1)),
      IMAGE("", DESCRIPTOR("application/vnd.oci.empty.v1+json", A, 2), DESCRIPTOR(OCI_LAYER, B, 1)),
      IMAGE("", DESCRIPTOR("application/vnd.docker.plugin.v1+json", A, 2),
            DESCRIPTOR(DOCKER_LAYER, B, 1)),
      IMAGE(",\"artifactType\":\"application/x\"", DESCRIPTOR(OCI_CONFIG, A, 1),
            DESCRIPTOR(OCI_LAYER, B, 1)),
      IMAGE("", DESCRIPTOR("application/octet-stream", A, 1),
            DESCRIPTOR("application/octet-stream", B, 1)),
      IMAGE("", DESCRIPTOR("application/octet-stream", A, 1), "")};
  for (size_t i = 0; i < sizeof(artifacts) / sizeof(artifacts[0]); i++)
    check_kind(artifacts[i], NULL, MANIFEST_ARTIFACT, MEDIA_TYPE_OCI_MANIFEST);
}
END_TEST

START_TEST(bad_documents_are_refused) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"{\"manifests\":[]} x", "not JSON"},
      {"[]", "no JSON object"},
      {"\"x\"", "no JSON object"},
      {"{}", "neither an index nor"},
      {"{\"schemaVersion\":2}", "neither an index nor"},
      {"{\"layers\":[]}", "neither an index nor"},
      {"{\"mediaType\":1,\"manifests\":[]}", "mediaType is no string"},
      {"{\"manifests\":{}}", "manifests is no array"},
      {"{\"manifests\":[1]}", "manifests[0]: it is no object"},
      {"{\"manifests\":[null]}", "manifests[0]: it is no object"},
      {"{\"manifests\":[{}]}", "manifests[0]: no digest"},
      {"{\"manifests\":[{\"digest\":1}]}", "digest is no string"},
      {"{\"manifests\":[{\"digest\":\"sha256:x\",\"size\":1}]}", "digest"},
      {"{\"manifests\":[{\"digest\":\"" A "\"}]}", "size"},
      {"{\"manifests\":[{\"digest\":\"" A "\",\"size\":-1}]}", "size"},
      {"{\"manifests\":[{\"digest\":\"" A "\",\"size\":1.5}]}", "size"},
      {"{\"manifests\":[{\"digest\":\"" A "\",\"size\":9223372036854775808}]}", "size"},
      {"{\"manifests\":[" ENTRY(A, "") "," ENTRY("md5:x", "") "]}", "manifests[1]: invalid or"},
      {"{\"manifests\":[" ENTRY(A, ",\"platform\":\"linux\"") "]}", "platform is no object"},
      {"{\"manifests\":[" ENTRY(A, ",\"platform\":{\"os\":1}") "]}", "platform: os is no string"},
      {"{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\",\"layers\":[]}", "without a config"},
      {"{\"config\":1}", "config: it is no object"},
      {"{\"config\":{\"size\":1}}", "config: no digest"},
      {"{\"config\":" DESCRIPTOR(OCI_CONFIG, A, 1) ",\"layers\":{}}", "layers is no array"},
      {"{\"config\":" DESCRIPTOR(OCI_CONFIG, A, 1) ",\"layers\":[{}]}", "layers[0]: no digest"},
      {"{\"config\":" DESCRIPTOR(OCI_CONFIG, A, 1) ",\"artifactType\":1}", "artifactType"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    check_refused(cases[i].text, NULL, STATUS_BAD_MANIFEST, cases[i].message);
}
END_TEST

START_TEST(other_types_are_unsupported) {
  check_refused("{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\",\"blobs\":[]}",
                NULL, STATUS_UNSUPPORTED, "application/vnd.oci.artifact.manifest.v1+json");
  check_refused("{\"blobs\":[]}", "application/vnd.oci.artifact.manifest.v1+json",
                STATUS_UNSUPPORTED, "application/vnd.oci.artifact.manifest.v1+json");
  check_refused("{\"mediaType\":\"a\\u001b[2Jb\",\"manifests\":[]}", NULL, STATUS_UNSUPPORTED,
                "a\xEF\xBF\xBD[2Jb");
}
END_TEST

START_TEST(sizes_and_counts_are_bounded) {
  struct strbuf text = STRBUF(MANIFEST_MAX + 100);
  strbuf_puts(&text, "{\"manifests\":[" ENTRY(A, ""));
  for (int i = 1; i < MANIFEST_DESCRIPTORS_MAX; i++)
    strbuf_puts(&text, "," ENTRY(A, ""));
  size_t length = text.length;
  strbuf_puts(&text, "]}");
  cleanup(manifest_clear) struct manifest manifest = MANIFEST;
  parse(strbuf_str(&text), NULL, &manifest);
  ck_assert_uint_eq(manifest.entry_count, MANIFEST_DESCRIPTORS_MAX);
  text.length = length;
  strbuf_puts(&text, "," ENTRY(A, "") "]}");
  check_refused(strbuf_str(&text), NULL, STATUS_TOO_LARGE, "more than 10000");

  strbuf_clear(&text);
  strbuf_puts(&text, "{\"manifests\":[]}");
  while (text.length < MANIFEST_MAX)
    strbuf_putc(&text, ' ');
  check_kind(strbuf_str(&text), NULL, MANIFEST_INDEX, NULL);
  strbuf_putc(&text, ' ');
  check_refused(strbuf_str(&text), NULL, STATUS_TOO_LARGE, "larger than");
  ck_assert(!text.overflow);
  strbuf_free(&text);
}
END_TEST

START_TEST(a_sum_that_does_not_fit_is_told) {
  cleanup(manifest_clear) struct manifest manifest = MANIFEST;
  parse(IMAGE("", DESCRIPTOR(OCI_CONFIG, A, 1), DESCRIPTOR(OCI_LAYER, B, 9223372036854775806)),
        NULL, &manifest);
  ck_assert(manifest_size(&manifest) == INT64_MAX);
  manifest.config.size = 2;
  ck_assert(manifest_size(&manifest) == -1);
}
END_TEST

START_TEST(all_types_are_asked_for) {
  size_t count = 0;
  while (manifest_media_types[count])
    count++;
  ck_assert_uint_eq(count, 6);
  ck_assert_str_eq(manifest_media_types[0], MEDIA_TYPE_OCI_INDEX);
}
END_TEST

UNIT_MAIN("manifest", tcase_add_test(tcase, an_image_is_read);
          tcase_add_test(tcase, an_index_is_read);
          tcase_add_test(tcase, only_attestations_are_attestations);
          tcase_add_test(tcase, what_it_is_is_told_by_content_then_type_then_shape);
          tcase_add_test(tcase, schema_1_is_told);
          tcase_add_test(tcase, what_reads_in_two_ways_is_refused);
          tcase_add_test(tcase, images_are_images); tcase_add_test(tcase, artifacts_are_artifacts);
          tcase_add_test(tcase, bad_documents_are_refused);
          tcase_add_test(tcase, other_types_are_unsupported);
          tcase_add_test(tcase, sizes_and_counts_are_bounded);
          tcase_add_test(tcase, a_sum_that_does_not_fit_is_told);
          tcase_add_test(tcase, all_types_are_asked_for);)
