# From a list of image references to a report of which of them a private registry has, in the two
# stages of the CodePipeline. Usable from any folder:
#
#   make -f …/ocidup/pipeline.mk report INPUT=input.txt
#
#   source      takes INPUT to OUT/input.txt
#   validate    lists the registry (OUT/inventory.tsv), resolves the references with that as a cache
#               (OUT/sources.tsv), and reports: OUT/report.txt, .tsv, .json, .html, .xml (JUnit)
#   report      both
#
# And, of the registry alone:
#
#   duplicates  lists it, too, and writes what is in it more than once: OUT/duplicates.txt, .tsv,
#               .json, .html
#
# A step that could do nothing (status 2) stops what follows, and what it would have written is not
# there. A step with failed rows (status 1) stops nothing: the report is written, says what is
# unknown, and make ends with an error all the same.

INPUT = input.txt
OUT = report

# Amazon ECR: the region, several joined by commas (AWS_REGION when empty), and the API's URL
# (the region's own when empty).
REGION =
ENDPOINT =

# The listing command; any that writes records to standard output will do, for example
# LIST='list-registry localhost:5000'.
LIST = list-ecr $(if $(REGION),--region='$(REGION)') $(if $(ENDPOINT),--endpoint-url='$(ENDPOINT)')

# The folder of an earlier run, another one than OUT: what its inventory.tsv, known.tsv and sources.tsv
# know is not fetched again. A file that is not there or cannot be read is done without. OUT/known.tsv
# gets what these inventories have and one that failed in part has not, so that it stays known.
REUSE =

# More options of the steps, for example LIST_FLAGS=--no-configs.
LIST_FLAGS =
RESOLVE_FLAGS =
MATCH_FLAGS =

# list-ecr says what it lacks, but not what else there is to try.
ifeq ($(origin LIST),file)
instead = ; 'make demo' in the source tree needs no account
endif

# Names of files reach the shell through the environment, so they may hold any character.
export OCIDUP_INPUT = $(INPUT)
export OCIDUP_OUT = $(OUT)
export OCIDUP_REGION = $(REGION)
export OCIDUP_REUSE = $(REUSE)

# What stages share. functions: usable FILE, whether a cache can be read; attend NAME, behind a command
# in the background, which waits for it and looks at its status. (While it waits for one in the
# foreground, a shell heeds no signal.) listing: to OUT/inventory.tsv; the stage's clean() goes first.
functions = \
	child=; \
	stop() { \
	  trap '' HUP INT TERM; \
	  if [ -n "$$child" ]; then kill "$$child" 2>/dev/null; wait "$$child"; fi; \
	  exit "$$1"; \
	}; \
	trap 'rm -f "$$out/.inventory.tsv" "$$out/.known.tsv"' EXIT; \
	trap 'stop 129' HUP; trap 'stop 130' INT; trap 'stop 143' TERM; \
	await() { \
	  child=$$!; \
	  wait "$$child"; set -- "$$?"; \
	  child=; \
	  return "$$1"; \
	}; \
	usable() { \
	  [ -n "$$OCIDUP_REUSE" ] && [ -f "$$1" ] || return 1; \
	  resolve-digest -q --reuse="$$1" -o /dev/null /dev/null & \
	  await && return 0; \
	  echo "$@: $$1 cannot be read, so all is fetched anew" >&2; \
	  return 1; \
	}; \
	status=0; \
	attend() { \
	  await; result=$$?; set -- "$$1" "$${2-}"; \
	  case $$result in \
	  0 | 1 | 3) [ "$$result" -le "$$status" ] || status=$$result ;; \
	  *) \
	    clean; \
	    echo "$@: $$1 could do nothing (status $$result), so there is no report$$2" >&2; \
	    exit 2 ;; \
	  esac; \
	};
listing = \
	set --; \
	for name in inventory known; do \
	  if usable "$$OCIDUP_REUSE/$$name.tsv"; then \
	    set -- "$$@" --reuse="$$OCIDUP_REUSE/$$name.tsv"; \
	  fi; \
	done; \
	clean; \
	{ $(LIST) $(LIST_FLAGS) "$$@"; } >"$$out/.inventory.tsv" & \
	attend 'the listing' "$(instead)"; \
	mv -f "$$out/.inventory.tsv" "$$out/inventory.tsv" || exit 2;

report: source validate

source:
	@set -u; \
	if ! [ -r "$$OCIDUP_INPUT" ] || [ -d "$$OCIDUP_INPUT" ]; then \
	  echo "source: $$OCIDUP_INPUT: not a file to read; say which one: make report INPUT=FILE" >&2; \
	  exit 2; \
	fi; \
	mkdir -p -- "$$OCIDUP_OUT" && \
	cp -- "$$OCIDUP_INPUT" "$$OCIDUP_OUT/.input.txt" && \
	mv -f -- "$$OCIDUP_OUT/.input.txt" "$$OCIDUP_OUT/input.txt" && \
	echo "source: $$OCIDUP_OUT/input.txt"

# Reports of an earlier run go first: what stops must not leave one that looks new.
validate:
	@set -u; out=$$OCIDUP_OUT; \
	if ! [ -f "$$out/input.txt" ]; then \
	  echo "validate: $$out/input.txt: no such file; run the stage 'source' first" >&2; \
	  exit 2; \
	fi; \
	clean() { \
	  rm -f "$$out/report.txt" "$$out/report.tsv" "$$out/report.json" "$$out/report.html" "$$out/report.xml" \
	    "$$out/sources.tsv" "$$out/known.tsv"; \
	}; \
	$(functions) \
	$(listing) \
	if [ "$$status" -eq 0 ]; then set --; fi; \
	if [ -n "$$OCIDUP_REUSE" ]; then \
	  awk 'BEGIN { for (i = 1; i < ARGC; i++) { \
	      sub("^--reuse=", "", ARGV[i]); \
	      if (ARGV[i] !~ "^/") ARGV[i] = "./" ARGV[i]; \
	    } } \
	    NR == 1 || (NR > FNR && !seen[$$0]++) { print } NR == FNR { seen[$$0] = 1 }' \
	    "$$out/inventory.tsv" "$$@" >"$$out/.known.tsv" && \
	  mv -f "$$out/.known.tsv" "$$out/known.tsv" || exit 2; \
	fi; \
	set --; \
	if usable "$$OCIDUP_REUSE/sources.tsv"; then \
	  set -- --reuse="$$OCIDUP_REUSE/sources.tsv"; \
	fi; \
	resolve-digest --reuse="$$out/inventory.tsv" "$$@" $(RESOLVE_FLAGS) -o "$$out/sources.tsv" \
	  "$$out/input.txt" & \
	attend resolve-digest; \
	match-report --text="$$out/report.txt" --tsv="$$out/report.tsv" \
	  --json="$$out/report.json" --html="$$out/report.html" --junit="$$out/report.xml" $(MATCH_FLAGS) \
	  "$$out/sources.tsv" "$$out/inventory.tsv" & \
	attend match-report; \
	tail -n 1 "$$out/report.txt"; \
	echo "validate: $$out/report.txt, report.tsv, report.json, report.html, report.xml"; \
	case $$status in \
	1) echo 'validate: some rows failed (status 1); the report says what is unknown' >&2 ;; \
	3) echo 'validate: --fail-if held (status 3)' >&2 ;; \
	esac; \
	exit $$status

duplicates:
	@set -u; out=$$OCIDUP_OUT; \
	mkdir -p -- "$$out" || exit 2; \
	clean() { \
	  rm -f "$$out/duplicates.txt" "$$out/duplicates.tsv" "$$out/duplicates.json" \
	    "$$out/duplicates.html"; \
	}; \
	$(functions) \
	$(listing) \
	match-report --within --text="$$out/duplicates.txt" --tsv="$$out/duplicates.tsv" \
	  --json="$$out/duplicates.json" --html="$$out/duplicates.html" "$$out/inventory.tsv" & \
	attend match-report; \
	tail -n 1 "$$out/duplicates.txt"; \
	echo "$@: $$out/duplicates.txt, duplicates.tsv, duplicates.json, duplicates.html"; \
	[ "$$status" -eq 0 ] || \
	  echo '$@: some rows failed (status 1); what they hide is not among these' >&2; \
	exit $$status

.PHONY: duplicates report source validate
.NOTPARALLEL:
