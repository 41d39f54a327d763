// Makes sure that everything a task needs is on the machine, and says what it is doing before anything that takes
// longer than a second. Plain JavaScript for the oldest Node.js that may start the project (20.19): the pinned
// Node.js is one of the things installed here. Usage: node scripts/setup.mjs TASK [ARGUMENTS OF THE TASK]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

const PINNED_NODE = 'node_modules/.bin/node';

/** Debian packages, and how to see that one is not needed. */
const SYSTEM_PACKAGES = {
  etcd: { package: 'etcd-server', present: () => onPath('etcd') },
  docker: { package: 'docker.io', present: () => onPath('dockerd') || existsSync('/var/run/docker.sock') },
  iptables: { package: 'iptables', present: () => onPath('iptables-restore') },
  ipset: { package: 'ipset', present: () => onPath('ipset') },
  conntrack: { package: 'conntrack', present: () => onPath('conntrack') },
  ip: { package: 'iproute2', present: () => onPath('ip') },
  cni: { package: 'containernetworking-plugins', present: () => existsSync('/usr/lib/cni/bridge') },
  busybox: { package: 'busybox-static', present: () => existsSync('/bin/busybox') || onPath('busybox') },
  registry: { package: 'docker-registry', present: () => onPath('docker-registry') },
  kubectl: { package: 'kubernetes-client', present: () => onPath('kubectl') },
};

/** What each task needs of `SYSTEM_PACKAGES`. */
function systemNeeds(task, args) {
  const everything = Object.keys(SYSTEM_PACKAGES);
  if (task === 'test') return everything;
  if (task === 'ok' || task === 'bench') return ['etcd'];
  if (task !== 'start' || args.some((a) => a === '-h' || a === '--help')) return [];
  const etcd = args.some((a) => a.startsWith('--etcd-servers')) ? [] : ['etcd'];
  const controlPlaneOnly = args.some((a) => a === '--no-node' || a === '--no-node=true');
  return controlPlaneOnly ? etcd : everything.filter((n) => n !== 'etcd' && n !== 'registry').concat(etcd);
}

function onPath(command) {
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/sbin', '/sbin', '/usr/local/sbin');
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function fail(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}

/** Says what is about to happen, does it, and says how long it took. Output is shown only when it fails. */
function step(what, command, args, options = {}) {
  process.stderr.write(`${what} ... `);
  const started = Date.now();
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (done.error || done.status !== 0) {
    process.stderr.write('failed\n');
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
    fail(`'${command} ${args.join(' ')}' failed${done.error ? `: ${done.error.message}` : ''}.`);
  }
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function installSystemPackages(needs) {
  const missing = needs.map((n) => SYSTEM_PACKAGES[n]).filter((p) => !p.present());
  if (missing.length === 0) return;
  const names = missing.map((p) => p.package);
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid?.() !== 0) {
    fail(`Missing on this machine: ${names.join(', ')}. Install with:  sudo ${command}`);
  }
  if (!onPath('apt-get'))
    fail(`Missing on this machine: ${names.join(', ')}. Install them with your system's package manager.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.error(`Installing Debian packages that are missing: ${names.join(', ')}`);
  step('  reading package lists', 'apt-get', ['update'], { env });
  step('  installing', 'apt-get', ['install', '-y', '--no-install-recommends', ...names], { env });
}

function installNpmPackages() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const stamp = 'node_modules/.coxswain-installed';
  // A folder that is only linked belongs to another work tree: installing would empty it under everybody's feet.
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink() && existsSync(PINNED_NODE)) return;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(PINNED_NODE)) return;
  // The pinned Node.js runs everything, so the warnings that the machine's own is too old for a package do not apply.
  step('Installing npm packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (!existsSync(PINNED_NODE)) {
    fail(`There is no pinned Node.js for ${process.platform}-${process.arch}: Coxswain runs on Linux, x64 and arm64.`);
  }
  writeFileSync(stamp, lock);
}

/** The newest modification time of any file below `folder`, in milliseconds. */
function newest(folder) {
  let latest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

function deriveSchema() {
  const stamp = 'generated/.derived';
  const inputs = Math.max(newest('scripts/schema'), statSync('node_modules/.coxswain-installed').mtimeMs);
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= inputs) return;
  mkdirSync('generated', { recursive: true });
  step('Deriving the API schema', PINNED_NODE, ['scripts/schema/derive.ts']);
  writeFileSync(stamp, '');
}

function build() {
  const stamp = 'dist/.built';
  const inputs = Math.max(newest('src'), statSync('tsconfig.build.json').mtimeMs, statSync('tsconfig.json').mtimeMs);
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= inputs) return;
  const began = new Date();
  step('Building', PINNED_NODE, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  writeFileSync(stamp, began.toISOString());
}

const [task, ...args] = process.argv.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node.js 20.19 or newer is needed to begin with; this is ${process.version}.`);
if (process.platform !== 'linux') fail('Coxswain runs on Linux.');
installSystemPackages(systemNeeds(task, args));
installNpmPackages();
deriveSchema();
if (task === 'start' || task === 'build' || task === 'test' || task === 'bench') build();
