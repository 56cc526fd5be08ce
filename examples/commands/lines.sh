#!/bin/sh
# Makes lines of text, and does one thing with them:
#   lines.sh print COUNT | sum COUNT | write FILE COUNT | find COUNT WORD
set -eu

lines() {
    i=0
    while [ "$i" -lt "$1" ]; do
        i=$((i + 1))
        echo "line $i $((i * 7919 % 1000))"
    done
}

case "${1:-}" in
    print) lines "$2" ;;
    sum) lines "$2" | { total=0; while read -r _ _ n; do total=$((total + n)); done; echo "$total"; } ;;
    write) lines "$3" > "$2" ;;
    find) lines "$2" | grep "$3" ;;
    *) echo "usage: lines.sh print COUNT | sum COUNT | write FILE COUNT | find COUNT WORD" >&2; exit 2 ;;
esac
