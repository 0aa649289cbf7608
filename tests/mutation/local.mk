# Which changes of one token does no test see? Takes an hour or two. mutation/ keeps the copy of the tree,
# what each test reaches and what was judged, so that a run that was interrupted goes on;
# clean-mutation begins anew.

MUTATIONS = 100
MUTATION_SEED = 3
MUTATION_JOBS = 2

mutation: mutation/tree
	PYTHONDONTWRITEBYTECODE=1 python3 '$(srcdir)/tests/mutation/mutate.py' --work=mutation --tree=mutation/tree \
	  --mutations='$(MUTATIONS)' --seed='$(MUTATION_SEED)' --jobs='$(MUTATION_JOBS)' $(TESTS)
mutation/tree:
	$(MKDIR_P) mutation
	$(MAKE) -s distdir distdir=$@
# Is each defence in a test? Half an hour; removals.tsv has them.
removals: mutation/tree
	PYTHONDONTWRITEBYTECODE=1 python3 '$(srcdir)/tests/mutation/removals.py' --work=mutation --tree=mutation/tree
clean-local: clean-mutation
clean-mutation:
	-chmod -R u+w mutation 2>/dev/null
	rm -rf mutation
.PHONY: mutation removals clean-mutation

EXTRA_DIST += tests/mutation/equivalent.tsv tests/mutation/mutate.py \
  tests/mutation/removals.py tests/mutation/removals.tsv tests/mutation/sites.py
