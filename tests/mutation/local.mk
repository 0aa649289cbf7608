# Which changes of one token does no test see? Takes an hour; mutation/ keeps the builds and what each
# test reaches, and goes by `make clean`.

MUTATIONS = 100
MUTATION_SEED = 1
MUTATION_JOBS = 2

mutation:
	rm -rf mutation/tree mutation/build-* mutation/coverage mutation/reached.json
	$(MKDIR_P) mutation
	$(MAKE) -s distdir distdir=mutation/tree
	PYTHONDONTWRITEBYTECODE=1 python3 '$(srcdir)/tests/mutation/mutate.py' --work=mutation --tree=mutation/tree \
	  --mutations='$(MUTATIONS)' --seed='$(MUTATION_SEED)' --jobs='$(MUTATION_JOBS)' $(TESTS)
clean-local: clean-mutation
clean-mutation:
	chmod -R u+w mutation 2>/dev/null || :
	rm -rf mutation
.PHONY: mutation clean-mutation

EXTRA_DIST += tests/mutation/equivalent.tsv tests/mutation/mutate.py tests/mutation/sites.py
