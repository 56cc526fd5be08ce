#!/usr/bin/env bash
# Runs the gate. Each FLAG_NAME that is not empty becomes --name; FLAG_SUITE and FLAG_BENCH hold one value a line.
#
# Reads BENCHGATE (the program), CACHE and GitHub's own variables; writes the step's outputs and the job summary. It succeeds
# whatever the answer is: the answer is kept first, and fails the job in a step of its own.
set -euo pipefail

# Windows' own separators would be escapes to some of what follows.
temporary=${RUNNER_TEMP//\\//}
folder=$temporary/benchgate-results
log=$temporary/benchgate.log
rm -rf "$folder"
mkdir -p "$folder"
report=$folder/report.json
record=$folder/record.json

words=(--record "$record" -o "$report" -o "$folder/report.html")
for name in directory config base head against suite bench budget seed threshold alpha max-rounds layouts correction confirm \
    on-inconclusive on-missing; do
    variable=FLAG_$(printf '%s' "$name" | tr 'a-z-' 'A-Z_')
    while IFS= read -r value; do
        # With `=`, a value that begins with a dash is no flag.
        if [ -n "$value" ]; then words+=("--$name=$value"); fi
    done <<< "${!variable}"
done
if [ "$CACHE" = true ]; then
    export BENCHGATE_CACHE_DIR=$temporary/benchgate-cache
fi

# What a build or a benchmark of the pull request prints commands nothing here.
pause=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$pause"
set +e
{
    "$BENCHGATE" check "${words[@]}" --color always 2>&1 1>&3 | tee "$log" 1>&2
    status=${PIPESTATUS[0]}
} 3>&1
set -e
echo "::$pause::"

{
    echo "status=$status"
    echo "folder=$folder"
} >> "$GITHUB_OUTPUT"
if [ -f "$report" ]; then
    # A saved report has the status of its outcome, which is known.
    "$BENCHGATE" report "$report" --format annotations || true
    "$BENCHGATE" report "$report" --format markdown >> "$GITHUB_STEP_SUMMARY" || true
    {
        "$BENCHGATE" report "$report" --format counts || true
        echo "report=$report"
        echo "record=$record"
    } >> "$GITHUB_OUTPUT"
else
    echo "outcome=error" >> "$GITHUB_OUTPUT"
    echo "::error title=benchgate::could not judge this change; the log of this step says why"
    {
        printf '### benchgate could not judge this change\n\n'
        # Indented four columns, the words of a stranger's build are code, whatever they hold.
        sed -n '/^error:/,$p' "$log" | tail -n 40 | cut -c 1-400 | sed 's/^/    /'
    } >> "$GITHUB_STEP_SUMMARY"
fi
