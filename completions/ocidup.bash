# shellcheck shell=bash
# Completion of the ocidup programs for bash. Needs no helper of bash-completion, which loads this
# by the name of the command.

# The options of $1, short and long; '=' behind those that need a value.
_ocidup_options() {
  echo '-o --output= -v --verbose -q --quiet --progress= --help --version'
  case $1 in
    resolve-digest | list-registry)
      [[ $1 == list-registry ]] || echo --dry-run
      echo '--platform= --no-configs --reuse= -j --jobs= --mirror= --profile= --plain-http= --tls='
      echo '--cacert= --max-retries= --timeout='
      ;;
    list-ecr)
      echo '--profile= --role-arn= --external-id= --region= --registry-id= --endpoint-url='
      echo '--no-configs --no-manifests --dry-run --reuse= -j --jobs= --cacert= --max-retries='
      echo '--timeout='
      ;;
    match-report)
      echo '--text --tsv --json --html --junit --missing --map --platform= --base --names --within --fail-if='
      echo '-j --jobs='
      ;;
  esac
}

# What may stand in a list (a,b,c) behind option $1.
_ocidup_items() {
  case $1 in
    --platform) echo 'linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386
      linux/ppc64le linux/riscv64 linux/s390x windows/amd64' ;;
    --fail-if) echo 'present partial likely archived absent unknown' ;;
    --region) echo 'us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 eu-central-1 eu-north-1
      eu-west-1 eu-west-2 eu-west-3 ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2
      sa-east-1' ;;
  esac
}

_ocidup_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_ocidup_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_ocidup() {
  local program=${1##*/} word=${COMP_WORDS[COMP_CWORD]} option='' before='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then
      [[ $program == list-* ]] || _ocidup_files "$word"
      return
    fi
  done

  # Where '=' parts words, --reuse=in is three of them.
  if [[ $word == '=' ]]; then
    option=${COMP_WORDS[COMP_CWORD - 1]} word=
  elif ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word == --*=* ]]; then
    option=${word%%=*} before=${word%%=*}= word=${word#*=}
  else
    i=${COMP_WORDS[COMP_CWORD - 1]}
    if [[ $i == -[oj] || " $(_ocidup_options "$program" | tr '\n' ' ') " == *" $i= "* ]]; then
      option=$i
    fi
  fi

  case $option in
    '')
      if [[ $word == -* ]]; then
        _ocidup_words "$(_ocidup_options "$program")" "$word"
        [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
      elif [[ $program != list-* ]]; then
        _ocidup_files "$word"
      fi
      ;;
    -o | --output | --reuse | --cacert | --text | --tsv | --json | --html | --junit | --missing | --map)
      _ocidup_files "$word" ;;
    --progress) _ocidup_words 'auto always never' "$word" ;;
    *)
      [[ $word != *,* ]] || before=$before${word%,*},
      _ocidup_words "$(_ocidup_items "$option")" "${word##*,}"
      compopt -o nospace 2>/dev/null
      ;;
  esac
  [[ -z $before ]] || COMPREPLY=("${COMPREPLY[@]/#/"$before"}")
}

complete -F _ocidup resolve-digest list-ecr list-registry match-report
