#!/bin/sh
# The way into every npm script: makes sure that what the task needs is there (scripts/setup.mjs, on the machine's own
# Node.js), then hands over to the project's pinned Node.js, which `node` means from here on.
set -eu
cd "$(dirname "$0")/.."
task=$1
shift
node scripts/setup.mjs "$task" "$@"
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
# A shell may remember where it found the first `node`.
hash -r

case $task in
  start) exec sh bin/cox up "$@" ;;
  build) ;;
  # Everything: units, suites on real etcd, and the end-to-end tests on real Docker and kubectl.
  test) exec node scripts/run-tests.ts all "$@" ;;
  bench) exec node bench/main.ts "$@" ;;
  # The gate. Its tests are all but the end-to-end ones, so that it runs without root and Docker.
  ok)
    prettier --check --log-level warn .
    oxlint --config .oxlintrc.json --deny-warnings
    tsc -p .
    exec node scripts/run-tests.ts fast
    ;;
  ok-fix)
    prettier --write --log-level warn .
    oxlint --config .oxlintrc.json --fix
    ;;
  *)
    echo "scripts/run.sh: there is no task '$task'" >&2
    exit 2
    ;;
esac
