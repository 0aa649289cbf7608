# Completion of the ocidup programs for fish, which loads this by the name of the command.

set -l platforms linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386 linux/ppc64le linux/riscv64 linux/s390x windows/amd64
set -l verdicts present partial likely archived absent unknown

for program in resolve-digest list-ecr list-registry match-report
    complete -c $program -e
    complete -c $program -s o -l output -r -F -d 'Write to FILE, which is whole or left as it was'
    complete -c $program -s v -l verbose -d 'Say more; twice: each request too'
    complete -c $program -s q -l quiet -d 'Say errors only'
    complete -c $program -l progress -x -a 'auto always never' -d 'Show progress'
    complete -c $program -l help -d 'Print the options and exit'
    complete -c $program -l version -d 'Print the version and exit'
end
for program in list-ecr list-registry
    complete -c $program -f
end
for program in resolve-digest list-ecr list-registry
    complete -c $program -l no-configs -d 'Do not read configs'
    complete -c $program -l reuse -r -F -d 'Take from FILE what it knows already'
    complete -c $program -s j -l jobs -x -d 'Requests under way at once'
    complete -c $program -l cacert -r -F -d 'Trust the certificates in FILE and no others'
    complete -c $program -l max-retries -x -d 'Try again N times what failed in passing'
    complete -c $program -l timeout -x -d 'Seconds without progress before a request fails'
end
for program in resolve-digest list-registry
    complete -c $program -l platform -x -a "(__fish_append , all $platforms)" -d 'Only these platforms'
    complete -c $program -l mirror -x -d 'HOST=URL: ask URL for what is on HOST'
    complete -c $program -l profile -x -d 'Read private ECR with the keys of this AWS profile'
    complete -c $program -l plain-http -x -d 'Speak plain http to HOST'
    complete -c $program -l tls -x -d 'Speak https to HOST'
end
for program in resolve-digest
    complete -c $program -l dry-run -d 'Ask nothing, say what would be asked'
end
for program in list-ecr
    complete -c $program -l profile -x -d 'List what this profile sees'
    complete -c $program -l role-arn -x -d 'Assume this role and list its account'
    complete -c $program -l external-id -x -d 'The external ID that the roles want'
    complete -c $program -l region -x -d 'Regions to list'
    complete -c $program -l registry-id -x -d 'List the registry of this account'
    complete -c $program -l endpoint-url -x -d 'Where the ECR API is'
    complete -c $program -l no-manifests -d 'Read no manifests'
    complete -c $program -l dry-run -d 'List only, say what would be called'
end
for program in match-report
    complete -c $program -l text -F -d 'Write the report as text'
    complete -c $program -l tsv -F -d 'Write the report as TSV'
    complete -c $program -l json -F -d 'Write the report as JSON'
    complete -c $program -l html -F -d 'Write the report as a page for browsers'
    complete -c $program -l junit -F -d 'Write the report as JUnit XML'
    complete -c $program -l missing -F -d 'Write the references that are not there'
    complete -c $program -l map -F -d 'Write where to pull each reference from instead'
    complete -c $program -l platform -x -a "(__fish_append , $platforms)" -d 'Ask for these platforms only'
    complete -c $program -l base -d 'Tell what is built FROM a source, too'
    complete -c $program -l names -d 'Tell what has its name and other content, too'
    complete -c $program -l within -d 'Find the duplicates inside of INVENTORY'
    complete -c $program -l fail-if -x -a "(__fish_append , $verdicts)" -d 'Status 3 when a source has such a verdict'
    complete -c $program -s j -l jobs -x -d 'Threads that look at the rows of INVENTORY'
end
