# Completion for shells. bash and fish load it by the name of the command: a link for each program.

bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_bashcompletion_DATA = completions/ocidup.bash
dist_zshcompletion_DATA = completions/_ocidup
dist_fishcompletion_DATA = completions/ocidup.fish

install-data-hook:
	@set -e; for program in $(bin_PROGRAMS); do \
	  name=`echo $$program | sed 's/$(EXEEXT)$$//; $(transform)'`; \
	  (cd '$(DESTDIR)$(bashcompletiondir)' && rm -f "$$name" && $(LN_S) ocidup.bash "$$name"); \
	  (cd '$(DESTDIR)$(fishcompletiondir)' && rm -f "$$name.fish" && \
	    $(LN_S) ocidup.fish "$$name.fish"); \
	done

uninstall-hook:
	@for program in $(bin_PROGRAMS); do \
	  name=`echo $$program | sed 's/$(EXEEXT)$$//; $(transform)'`; \
	  rm -f '$(DESTDIR)$(bashcompletiondir)'/"$$name" \
	    '$(DESTDIR)$(fishcompletiondir)'/"$$name.fish"; \
	done
