#!/usr/bin/env bash
# Compiles keytar, the second keychain driver, into node_modules, for the tests that hold both drivers to one contract.
# It is no dependency: its install script wants a binary from elsewhere, or a compiler on every machine that installs.
# Leaves package.json and the lock file alone; `npm ci` removes the result, so run it after that. Does nothing when
# the right version is there and loads.
set -euo pipefail
cd "$(dirname "$0")/.."
version=7.9.0
root=$PWD
node=$root/node_modules/.bin/node

loads() {
  "$node" -e '
    const { version } = require("./node_modules/keytar/package.json");
    process.exit(version === process.argv[1] && require("./node_modules/keytar").getPassword ? 0 : 1);
  ' "$version" 2>/dev/null
}

if [ ! -x "$node" ]; then
  echo 'build-keytar: run `npm ci` first' >&2
  exit 1
fi
if loads; then
  echo "keytar $version is built"
  exit 0
fi

missing=()
for program in make g++ python3; do
  command -v "$program" >/dev/null || missing+=("$program")
done
if [ "$(uname)" = Linux ]; then
  if ! command -v pkg-config >/dev/null; then
    missing+=(pkg-config)
  elif ! pkg-config --exists libsecret-1; then
    missing+=(libsecret-1-dev)
  fi
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "build-keytar: not found: ${missing[*]}" >&2
  echo 'On Debian: apt-get install -y --no-install-recommends build-essential pkg-config python3 libsecret-1-dev' >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The headers of this very Node come in the package that its binary came in, which npm may have tidied away by now.
binary=$("$node" -p '`node-${process.platform}-${process.arch}`')
headers=$root/node_modules/node/node_modules/$binary
if [ ! -f "$headers/include/node/node_api.h" ]; then
  mkdir "$work/node"
  echo '{ "private": true }' >"$work/node/package.json"
  npm install --prefix "$work/node" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "$binary@$("$node" -p process.versions.node)"
  headers=$work/node/node_modules/$binary
fi

echo '{ "private": true }' >"$work/package.json"
npm install --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error "keytar@$version"
if ! (cd "$work/node_modules/keytar" && PATH=$root/node_modules/.bin:$PATH npm_config_nodedir=$headers npm run build) \
  >"$work/build.log" 2>&1; then
  cat "$work/build.log" >&2
  exit 1
fi

# What it needs to run: its file, its description and the compiled part.
rm -rf node_modules/keytar
mkdir -p node_modules/keytar/build/Release
cp -R "$work/node_modules/keytar/"{package.json,LICENSE.md,lib} node_modules/keytar/
cp "$work/node_modules/keytar/build/Release/keytar.node" node_modules/keytar/build/Release/
if ! loads; then
  echo 'build-keytar: it was built and does not load:' >&2
  "$node" -e 'require("./node_modules/keytar")'
  exit 1
fi
echo "keytar $version was built"
