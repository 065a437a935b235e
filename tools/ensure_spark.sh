#!/usr/bin/env bash
# Have pyspark for the Spark tests where there is a Java that it runs on. Never fails:
# without one those tests are skipped, and this says so.
# usage: tools/ensure_spark.sh PYTHON
set -uo pipefail

python="$1"
pins="$(dirname "${BASH_SOURCE[0]}")/../requirements/spark.txt"
stamp="$(dirname "$python")/../.spark-stamp"
java="${JAVA_HOME:+$JAVA_HOME/bin/}java"

major="$("$java" -version 2>&1 | sed -nE 's/.* version "([0-9]+).*/\1/p' | head -n 1)"
if [ "${major:-0}" -lt 17 ]; then
    echo "Spark tests: SKIPPED, no Java 17 or newer on PATH; 'apt-get install openjdk-17-jre-headless' brings one"
    exit 0
fi
if [ ! "$stamp" -nt "$pins" ]; then
    echo "Spark tests: bringing pyspark (once; half a gigabyte)"
    if ! "$python" -m pip --disable-pip-version-check install --quiet \
        --require-hashes --no-deps -r "$pins"; then
        echo "Spark tests: SKIPPED, pyspark could not be installed"
        exit 0
    fi
    touch "$stamp"
fi
echo "Spark tests: using Java $major"
