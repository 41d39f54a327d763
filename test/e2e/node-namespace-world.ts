/**
 * Two further nodes of a machine that is itself a network namespace: `node-namespace.test.ts` starts this by `unshare`, so
 * that nothing of the real machine is touched. It writes what it saw as JSON.
 */
import { spawn } from 'node:child_process';
import { furtherNode, nodeBridge, nodeNetwork, type FurtherNode } from '../../src/cluster/further-nodes/record.ts';
import { installPodRules, removePodRules } from '../../src/kubelet/network/pod-rules.ts';
import { run, runIn } from '../../src/linux/exec.ts';
import { ip } from '../../src/linux/ip.ts';
import { ensureBridge, ensureNamespace, removeNamespace, routeInto, setCable } from '../../src/linux/node-namespace.ts';

const cidr = '10.99.0.0/16';
const [one, two] = [furtherNode('one', 1, '/'), furtherNode('two', 2, '/')];
const podOf = ({ index }: FurtherNode) => `10.99.${index}.5`;

async function connectNodes(): Promise<void> {
  await ensureBridge(nodeBridge);
  await installPodRules({ bridge: nodeBridge.name, podCidr: nodeNetwork, unmasked: [cidr] });
  for (const { namespace, index } of [one, two]) {
    await ensureNamespace(namespace, nodeBridge.name);
    await routeInto(namespace, [`10.99.${index}.0/24`], nodeBridge.name);
  }
}

/** A server at a pod's address; it answers with the address of whoever calls. */
function serve(node: FurtherNode): Promise<() => void> {
  const code = `require('node:net').createServer((s) => s.end(s.remoteAddress)).listen(80, '${podOf(node)}', () => console.log())`;
  const child = spawn('ip', ['netns', 'exec', node.namespace.name, process.execPath, '-e', code]);
  return new Promise((resolve) => child.stdout.once('data', () => resolve(() => child.kill('SIGKILL'))));
}

/** What the pod of `to` answers when that of `from` calls: the caller's address, or nothing. */
async function call(from: FurtherNode, to: FurtherNode): Promise<string> {
  const code = `const s = require('node:net').connect({ host: '${podOf(to)}', port: 80, localAddress: '${podOf(from)}' });
    s.on('data', (d) => process.stdout.write(d)); s.on('error', () => process.exit()); setTimeout(() => process.exit(), 2000);
    s.on('end', () => process.exit())`;
  return (await runIn(from.namespace.name)(process.execPath, ['-e', code], { accept: true })).stdout;
}

async function state(): Promise<string> {
  const { stdout: rules } = await run('iptables-save', []);
  const { stdout: spaces } = await run('ip', ['netns', 'list']);
  const links = (await ip().links()).map(({ name }) => name).toSorted();
  const routes = (await ip().routes()).map(({ destination }) => destination);
  return JSON.stringify([links, routes, spaces, rules.split('\n').filter((line) => /^-A|^:COX/.test(line))]);
}

const before = await state();
await run('sysctl', ['-w', 'net.ipv4.ip_forward=1']);
await run('iptables', ['-P', 'FORWARD', 'DROP']); // as the Docker Engine leaves it
await connectNodes();
const made = await state();
await connectNodes();
const again = await state();
for (const node of [one, two])
  await runIn(node.namespace.name)('ip', ['address', 'add', `${podOf(node)}/32`, 'dev', 'lo']);
const end = await serve(two);
const direct = await call(one, two);
await setCable(two.namespace.cable, false);
const isolated = await call(one, two);
await setCable(two.namespace.cable, true);
await connectNodes();
const reconnected = await call(one, two);
end();
for (const { namespace } of [one, two, two]) await removeNamespace(namespace);
await removePodRules(nodeBridge.name);
await ip().deleteLink(nodeBridge.name);
const after = await state();
console.log(
  JSON.stringify({ direct, isolated, reconnected, stable: made === again, clean: before === after, before, after }),
);
process.exit();
