#!/bin/sh
# Three loops of about 35 ms each.
n=0
case $1 in
count)
    while [ "$n" -lt 42000 ]; do n=$((n + 1)); done
    ;;
text)
    while [ "$n" -lt 30000 ]; do
        n=$((n + 1)) line="key-$n=value"
        case ${line%%=*} in *-7) key=${line#*-} ;; esac
    done
    ;;
calls)
    next() { n=$(($1 + 1)); }
    while [ "$n" -lt 36000 ]; do next "$n"; done
    ;;
esac
